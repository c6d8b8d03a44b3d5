import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type Codec,
  type Grid,
  type MethodPresets,
  type ModelDefaults,
  openCheckpoint,
  openModel,
  type PromptEncoder,
  SkipstoneError,
  type VideoModel,
  type VideoSize,
} from '@skipstone/core';
import { wanConfig, wanTransformer } from '@skipstone/models-wan';
import { CHANNELS, FRAMES_PER_SECOND, LATENT_SIDE, linearCodec, PIXELS } from './codec.js';
import { textEncoder } from './text.js';

/** Where the weights lie: `transformer`, `text` and `codec.safetensors`, `config.json`, `words.json`. */
export const demoWeightsFolder: string = fileURLToPath(new URL('../weights', import.meta.url));

/** Policies that were calibrated for these weights, by plugin. `npm run calibrate:demo` makes them anew. */
export const demoPolicies: Readonly<Record<'galaxy-cache', string>> = {
  'galaxy-cache': fileURLToPath(new URL('../policies/galaxy-cache.json', import.meta.url)),
};

/** What `npm run calibrate:demo` found best at the default steps: docs/calibration/demo.md. */
export const demoPresets: MethodPresets = {
  'galaxy-cache': {
    tap: { value: 'cross_attn_out', source: 'not published', measured: 'ρ 0.90, 24 steps' },
  },
};

/** Frames the model was trained on; fewer work, more do not. */
const MOST_FRAMES = 9;
const NAME = 'demo';

/** Steps, shift and guidance are those the model was tried with (the weights' own notes say 24 to 30 steps). */
const DEFAULTS: ModelDefaults = {
  width: PIXELS,
  height: PIXELS,
  frames: MOST_FRAMES,
  steps: 24,
  guidance: 4,
  guidanceForm: 'uncond',
  shift: 3,
  sampler: 'euler',
  // The model was trained with the float 1000·σ; UniPC's grid gives it truncated, as for Wan.
  schedules: { euler: 'euler-flow', unipc: 'unipc-flow' },
  framesPerSecond: FRAMES_PER_SECOND,
};

/** A model with all its parts. */
export interface DemoModel extends VideoModel {
  readonly text: PromptEncoder;
  readonly codec: Codec;
}

/**
 * The demo model: Wan2.1's layout at 5.1 M parameters, trained on drawn scenes, with its text encoder and
 * codec. To core it is a model like any other. Reads headers and 17 KB of tables; the weights stay in their file.
 */
export async function demoModel(): Promise<DemoModel> {
  const file = (name: string): string => join(demoWeightsFolder, name);
  const transformer = await openCheckpoint(file('transformer.safetensors'));
  const config = wanConfig(JSON.parse(await readFile(file('config.json'), 'utf8')), file('config.json'));
  const text = await textEncoder(await openCheckpoint(file('text.safetensors')));
  const codec = await linearCodec(await openCheckpoint(file('codec.safetensors')));
  return {
    name: NAME,
    origin: demoWeightsFolder,
    policies: demoPolicies,
    presets: demoPresets,
    phases: [{ name: 'denoise', model: openModel(wanTransformer(config, NAME), transformer) }],
    text,
    codec,
    defaults: DEFAULTS,
    grid: gridOf,
    latentShape: ({ frames, height, width }) => ({ video: [CHANNELS, frames, height, width] }),
  };
}

function gridOf({ width, height, frames }: VideoSize): Grid {
  if (width !== PIXELS || height !== PIXELS) {
    throw new SkipstoneError({
      code: 'model-size',
      what: `${NAME}: pictures of this size were not trained`,
      have: `${width}x${height}`,
      need: `${PIXELS}x${PIXELS}`,
      do: 'leave width and height out; enlarge the video when it is written',
    });
  }
  if (!Number.isInteger(frames) || frames < 1 || frames > MOST_FRAMES) {
    throw new SkipstoneError({
      code: 'model-size',
      what: `${NAME}: videos of this length were not trained`,
      have: `${frames} frames`,
      need: `1 to ${MOST_FRAMES} frames`,
      do: `leave frames out for ${MOST_FRAMES}`,
    });
  }
  return { frames, height: LATENT_SIDE, width: LATENT_SIDE };
}
