import {
  assertKnownOptions,
  type Checkpoint,
  findTransformer,
  type GridOptions,
  type Lora,
  latentGrid,
  type ModelDefaults,
  only,
  openModel,
  openWeights,
  readJson,
  renamed,
  type Schedule,
  SkipstoneError,
  type Streams,
  type VideoModel,
  withLoras,
} from '@skipstone/core';
import { type LtxConfig, ltxConfig } from './config.js';
import { LTX_SCALES, type LtxScales, ltxGuidance } from './guidance.js';
import { diffusersName, NOT_OF_TRANSFORMER } from './keys.js';
import { fieldsOfMetadata } from './original.js';
import { LTX_PRESETS } from './presets.js';
import { ltxDistilled, ltxFlow } from './schedule.js';
import { configOfSize, sizeOfCheckpoint, sizeOfConfig } from './sizes.js';
import {
  FPS,
  type LtxOptions,
  ltxTransformer,
  perturbedBlocks,
  soundOf,
  unreadWeights,
} from './transformer.js';

export interface OpenLtxOptions extends LtxOptions {
  /** What messages and ledgers call the model; by its size unless given, e.g. `ltx-2.3-22b`. */
  readonly name?: string;
  /** Path of its `config.json`, where that does not lie beside the weights. */
  readonly config?: string;
  /** Which of the weights in its folder, e.g. `fp16`. Default: those without such a name. */
  readonly variant?: string | undefined;
  /** Scales of guidance, where they are not the published ones. `generate`'s `guidance` is `cfg` of both streams. */
  readonly scales?: { readonly video?: Partial<LtxScales>; readonly audio?: Partial<LtxScales> };
  /** A distilled checkpoint: 8 steps on its own grid, no guidance unless asked for. Default false. */
  readonly distilled?: boolean;
  /**
   * Low-rank additions (LoRA), in ComfyUI's, diffusers' or the original's names. Those to text connectors are left
   * to the connectors, and the plan says how many there are. Default: none.
   */
  readonly loras?: readonly Lora[];
}

/**
 * Opens an LTX-2 transformer (2.0, 2.3, 2.5): a folder in diffusers' layout (the pipeline's or its `transformer`),
 * or a `.safetensors` file or index under diffusers' or the original names. Reads headers and configurations; the
 * weights stay where they lie.
 *
 * A transformer alone (a whole folder is opened by `@skipstone/pipeline`): `generate` takes `embeds`, `{ text, audio_text }` of each prompt
 * as the text connectors leave them (`textConnectors`), and gives latents of picture and sound.
 */
export async function openLtx(path: string, options: OpenLtxOptions = {}): Promise<VideoModel> {
  assertOptions(options);
  const { scales = {}, distilled = false } = options;
  const { weights, folder, config: beside } = await findTransformer(path);
  const checkpoint = renamed(await openWeights(weights, { variant: options.variant }), diffusersName);
  const config = await configOf(options.config ?? beside, checkpoint, folder);
  const { size, exact } = sizeOfConfig(config);
  const name = options.name ?? (exact ? size.name : 'ltx');
  const spec = ltxTransformer(config, name, options);
  const ignore = [NOT_OF_TRANSFORMER, ...unreadWeights(options)];
  const firstPerturbed = Math.min(...perturbedBlocks(config, options));
  const model: VideoModel = {
    name,
    origin: folder,
    phases: [{ name: 'denoise', model: openModel(spec, checkpoint, { ignore }) }],
    ...(exact && { presets: LTX_PRESETS[size.name] ?? {} }),
    defaults: defaultsOf(options, distilled ? 8 : size.steps),
    schedules: { 'ltx-flow': flow, 'ltx-distilled': ({ steps }) => ltxDistilled({ steps }) },
    guide: (scale) => {
      if (distilled && scale === undefined) return only();
      const cfg = scale === undefined ? {} : { cfg: scale };
      const [video, audio] = [scales.video, scales.audio].map((own) => ({ ...own, ...cfg }));
      return ltxGuidance({ ...{ video, audio }, firstPerturbed } as Parameters<typeof ltxGuidance>[0]);
    },
    grid: (asked) => latentGrid(name, asked, SIZES),
    latentShape: (grid) => {
      const tokens = options.audioTokens ?? soundOf(config, grid, options.fps ?? FPS);
      const channels = options.audioChannels ?? (config.audio.channels % 8 === 0 ? 8 : 1);
      return {
        video: [config.video.channels, grid.frames, grid.height, grid.width],
        audio: [channels, tokens, config.audio.channels / channels],
      };
    },
  };
  return withLoras(model, options.loras, {
    renames: diffusersName,
    ignore: [NOT_OF_TRANSFORMER, /^connectors\./],
  });
}

/** Of the autoencoder; positions have no end. */
const SIZES = {
  ...{ side: 32, patch: 1, framesPerLatent: 8 },
  positions: [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
} as const;

/** Source: the pipelines of diffusers 58eb52c0 and Lightricks/LTX-2 400fd310. */
function defaultsOf({ fps = FPS, distilled = false }: OpenLtxOptions, steps: number): ModelDefaults {
  const schedule = distilled ? 'ltx-distilled' : 'ltx-flow';
  return {
    ...{ width: 768, height: 512, frames: 121, framesPerSecond: fps, steps, shift: 1 },
    guidance: distilled ? 1 : LTX_SCALES.video.cfg,
    guidanceForm: 'uncond',
    sampler: 'euler',
    schedules: { euler: schedule, unipc: schedule },
  };
}

function flow({ steps, shift = 1 }: GridOptions, { video = 0 }: Streams<number>): Schedule {
  if (shift === 1) return ltxFlow({ steps, tokens: video });
  throw new SkipstoneError({
    code: 'schedule-option',
    what: 'ltx-flow: its shift comes from the size of the video',
    have: `shift ${shift}`,
    need: 'no shift',
    do: 'leave it out',
  });
}

/** The config.json; without one, that of the published size the checkpoint has, and what its metadata says. */
async function configOf(
  path: string | undefined,
  checkpoint: Checkpoint,
  origin: string,
): Promise<LtxConfig> {
  if (path !== undefined) return ltxConfig(await readJson(path), path);
  const size = sizeOfCheckpoint(checkpoint, origin);
  return ltxConfig({ ...configOfSize(size), ...fieldsOfMetadata(checkpoint, origin) }, size.name);
}

const OPTIONS = [
  ...['name', 'config', 'variant', 'scales', 'distilled', 'loras'],
  ...['fps', 'audioTokens', 'audioChannels', 'crossTimestep', 'perturbedBlocks', 'firstFrame', 'keyframes'],
];

function assertOptions(options: OpenLtxOptions): void {
  assertKnownOptions('openLtx', options, OPTIONS);
  assertKnownOptions('openLtx, scales', options.scales ?? {}, ['video', 'audio']);
  const { fps } = options;
  if (fps === undefined || (fps > 0 && Number.isFinite(fps))) return;
  throw new SkipstoneError({
    code: 'unknown-option',
    what: 'openLtx: fps is out of range',
    have: String(fps),
    need: 'frames a second, above 0',
    do: 'leave it out, or pass e.g. 24',
  });
}
