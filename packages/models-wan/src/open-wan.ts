import {
  assertKnownOptions,
  type Checkpoint,
  type LatentSizes,
  type Lora,
  latentGrid,
  openWeights,
  readJson,
  renamed,
  SkipstoneError,
  type VideoModel,
  withLoras,
} from '@skipstone/core';
import { type WanConfig, wanConfig } from './config.js';
import { imageCondition } from './given.js';
import { diffusersName } from './keys.js';
import { openTransformer } from './open-transformer.js';
import { fromOriginalConfig, isOriginalConfig } from './original-config.js';
import { WAN_PRESETS } from './presets.js';
import { flowShiftOf } from './scheduler-config.js';
import { configOfSize, imageWidthOf, nearestSize, sizeOfCheckpoint, WAN22_CHANNELS } from './sizes.js';
import { findWan, isNamedExpert, type TransformerFiles, type WanFiles } from './wan-files.js';

export interface OpenWanOptions {
  /** What messages and ledgers call the model; by its size unless given, e.g. `wan2.1-t2v-1.3b`. */
  readonly name?: string;
  /** Pixels of a side that are one latent position, as its autoencoder has them. Default: 16 of Wan2.2 TI2V, else 8. */
  readonly side?: number;
  /** Path of its `config.json`, where that does not lie beside the weights. */
  readonly config?: string;
  /** Which of the weights in its folder, e.g. `fp16`. Default: those without such a name. */
  readonly variant?: string | undefined;
  /**
   * Low-rank additions (LoRA), in ComfyUI's, diffusers' or the original's names; of two experts both get them,
   * unless `phase` names one: `high-noise` or `low-noise`. Default: none.
   */
  readonly loras?: readonly Lora[];
}

/**
 * Opens a Wan model: a folder in diffusers' layout (the pipeline's or its `transformer`), a folder of the
 * original release, or a `.safetensors` file or index, with `config.json` beside it or of a published size. Two
 * experts (`transformer` and `transformer_2`, `high_noise_model` and `low_noise_model`, or two files whose names
 * differ in `high` and `low` alone) become two phases. Reads headers and configurations; the weights stay where
 * they lie.
 *
 * A transformer alone: `generate` takes `embeds` and gives latents; a whole folder is opened by `@skipstone/pipeline`. Text is
 * `[512, 4096]` float32 of UMT5-XXL, rows beyond the prompt's length zero, for both branches; Wan2.1's image
 * to video reads the `image` tokens of CLIP beside it, `[257, 1280]`. What else an image gives (`given`) is
 * made by `imageCondition` (or the model's `fromImage`), or by core's `firstFrames` for Wan2.2 TI2V.
 */
export async function openWan(path: string, options: OpenWanOptions = {}): Promise<VideoModel> {
  assertKnownOptions('openWan', options, ['name', 'side', 'config', 'variant', 'loras']);
  const files = await findWan(path, options.config);
  const found = await Promise.all(files.experts.map((one) => readTransformer(one, files, options.variant)));
  const [first, second] = found;
  if (!first) throw new TypeError('a model has a transformer');
  if (second) assertSameSize(second, first);
  const { config } = first;
  const { size, exact } = nearestSize(config, second ? 2 : 1);
  const name = options.name ?? (exact ? size.name : 'wan');
  const [high, low] = found.map(({ checkpoint }) => openTransformer(config, name, checkpoint));
  if (!high) throw new TypeError('a model has a transformer');
  const shift = files.scheduler ? flowShiftOf(await readJson(files.scheduler), files.scheduler) : undefined;
  const until = 1000 * (files.boundary ?? size.boundary ?? 0);
  const [ofHigh, ofLow] = size.guidance ?? [size.usual.guidance, size.usual.guidance];
  const model: VideoModel = {
    name,
    origin: files.origin,
    phases: low
      ? [
          { name: 'high-noise', model: high, until, guidance: ofHigh },
          { name: 'low-noise', model: low, guidance: ofLow },
        ]
      : [{ name: 'denoise', model: high }],
    ...(exact && { presets: WAN_PRESETS[size.name] ?? {} }),
    defaults: { ...size.usual, ...(shift === undefined ? {} : { shift }) },
    grid: (video) => latentGrid(name, video, latentSizes(config, options.side)),
    latentShape: ({ frames, height, width }) => ({ video: [config.channels, frames, height, width] }),
    ...(config.channelsIn > config.channels && { fromImage: (video) => imageCondition(model, video) }),
  };
  return withLoras(model, options.loras, { renames: diffusersName });
}

/** T = (F − 1)/4 + 1; height and width by 8 (Wan2.2's autoencoder: 16), positions by the length of its rotary tables. */
const latentSizes = ({ channels, maxPositions: most }: WanConfig, side?: number): LatentSizes => ({
  side: side ?? (channels === WAN22_CHANNELS ? 16 : 8),
  framesPerLatent: 4,
  positions: [most, most, most],
});

interface Found {
  readonly config: WanConfig;
  /** Path of `config.json`, or of the weights where there is none. */
  readonly origin: string;
  /** Under diffusers' names. */
  readonly checkpoint: Checkpoint;
}

async function readTransformer(
  { weights, config: path }: TransformerFiles,
  { firstFrame, experts }: WanFiles,
  variant: string | undefined,
): Promise<Found> {
  const said = path === undefined ? undefined : await readJson(path);
  const checkpoint = renamed(await openWeights(weights, { variant }), diffusersName);
  const origin = path ?? weights;
  const named = [weights, ...checkpoint.files.map((file) => file.path)];
  const half = experts.length === 1 && named.some(isNamedExpert);
  const sized = () => configOfSize(sizeOfCheckpoint(checkpoint, origin, { experts: experts.length, half }));
  const json = path === undefined ? sized() : said;
  const original = isOriginalConfig(json)
    ? fromOriginalConfig(json, origin, imageWidthOf(checkpoint))
    : undefined;
  const plain = wanConfig(original?.fields ?? json, origin);
  // A transformer folder alone does not say it; of the published ones those with these channels do it.
  const perToken = firstFrame ?? original?.firstFrame ?? plain.channels === WAN22_CHANNELS;
  const config = perToken ? wanConfig(original?.fields ?? json, origin, { firstFrame: true }) : plain;
  return { config, origin, checkpoint };
}

function assertSameSize(second: Found, first: Found): void {
  const differ = Object.entries(first.config).filter(
    ([field, value]) => second.config[field as keyof WanConfig] !== value,
  );
  if (differ.length === 0) return;
  throw new SkipstoneError({
    code: 'wan-two-experts',
    what: `${second.origin}: the two experts are not of one model`,
    have: differ
      .map(([field, value]) => `${field} ${value} and ${second.config[field as keyof WanConfig]}`)
      .join(', '),
    need: 'two transformers of one size',
    do: 'download the model again',
  });
}
