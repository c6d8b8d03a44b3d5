import {
  assertKnownOptions,
  type Checkpoint,
  findTransformer,
  type Lora,
  latentGrid,
  openModel,
  openWeights,
  readJson,
  renamed,
  SkipstoneError,
  type VideoModel,
  withLoras,
} from '@skipstone/core';
import { type CosmosConfig, cosmosConfig } from './config.js';
import { diffusersName, NO_WEIGHTS } from './keys.js';
import { COSMOS_PRESETS } from './presets.js';
import { configOfSize, sizeOfCheckpoint } from './sizes.js';
import { type CosmosOptions, cosmosTransformer } from './transformer.js';
import { cosmosUsual, karrasFlow, latentSizes } from './usual.js';

export interface OpenCosmosOptions extends CosmosOptions {
  /** What messages and ledgers call the model; by its size unless given, e.g. `cosmos-predict2-2b-video2world`. */
  readonly name?: string;
  /** Path of its `config.json`, where that does not lie beside the weights. */
  readonly config?: string;
  /** Which of the weights in its folder, e.g. `fp16`. Default: those without such a name. */
  readonly variant?: string | undefined;
  /** Low-rank additions (LoRA), in ComfyUI's, diffusers' or the original's names. Default: none. */
  readonly loras?: readonly Lora[];
}

/**
 * Opens a Cosmos-Predict2 or 2.5 transformer: a folder in diffusers' layout (the pipeline's or its
 * `transformer`), or a `.safetensors` file or index under diffusers' or the original names. Reads headers and
 * configurations; the weights stay where they lie. The original releases are pickles, which are refused with
 * the way to convert them.
 *
 * A transformer alone (a whole folder is opened by `@skipstone/pipeline`): `generate` takes `embeds`, `[512, 1024]` float32 of T5-11B
 * (2.5: `[512, 100352]` of Cosmos-Reason1), and gives latents. Clean frames to go on from come as
 * `given: firstFrames(model, { video })`.
 */
export async function openCosmos(path: string, options: OpenCosmosOptions = {}): Promise<VideoModel> {
  assertOptions(options);
  const { weights, folder, config: beside } = await findTransformer(path);
  const checkpoint = renamed(await openWeights(weights, { variant: options.variant }), diffusersName);
  const config = await configOf(options.config ?? beside, checkpoint, folder);
  const usual = cosmosUsual(config);
  const name = options.name ?? usual.name;
  const spec = cosmosTransformer(config, name, options);
  const model: VideoModel = {
    name,
    origin: folder,
    phases: [{ name: 'denoise', model: openModel(spec, checkpoint, { ignore: NO_WEIGHTS }) }],
    presets: COSMOS_PRESETS[usual.name] ?? {},
    defaults: usual.defaults,
    schedules: { 'karras-flow': karrasFlow },
    grid: (size) => latentGrid(name, size, latentSizes(config)),
    latentShape: ({ frames, height, width }) => ({ video: [config.channels, frames, height, width] }),
  };
  return withLoras(model, options.loras, { renames: diffusersName });
}

/** The config.json; without one, that of the published size the checkpoint has. */
async function configOf(
  path: string | undefined,
  checkpoint: Checkpoint,
  origin: string,
): Promise<CosmosConfig> {
  if (path !== undefined) return cosmosConfig(await readJson(path), path);
  const size = sizeOfCheckpoint(checkpoint, origin);
  return cosmosConfig(configOfSize(size), size.name);
}

function assertOptions(options: OpenCosmosOptions): void {
  assertKnownOptions('openCosmos', options, ['name', 'config', 'variant', 'fps', 'loras']);
  const { fps } = options;
  if (fps === undefined || (fps > 0 && Number.isFinite(fps))) return;
  throw new SkipstoneError({
    code: 'unknown-option',
    what: 'openCosmos: fps is out of range',
    have: String(fps),
    need: 'frames a second, above 0',
    do: 'leave it out, or pass e.g. 16',
  });
}
