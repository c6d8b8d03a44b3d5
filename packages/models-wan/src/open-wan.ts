import { dirname } from 'node:path';
import {
  type Checkpoint,
  nearestName,
  openCheckpoint,
  openModel,
  renamed,
  SkipstoneError,
  type VideoModel,
} from '@skipstone/core';
import { wanConfig } from './config.js';
import { diffusersName, isOriginalLayout } from './keys.js';
import { fromOriginalConfig, isOriginalConfig } from './original-config.js';
import { readJson } from './read-json.js';
import { flowShiftOf } from './scheduler-config.js';
import { wanTransformer } from './transformer.js';
import { findWan } from './wan-files.js';
import { wanGrid, wanUsual } from './wan-usual.js';

export interface OpenWanOptions {
  /** What messages and ledgers call the model; by its size unless given, e.g. `wan2.1-t2v-1.3b`. */
  readonly name?: string;
  /** Path of its `config.json`, where that does not lie beside the weights. */
  readonly config?: string;
}

/**
 * Opens a Wan text-to-video model: a folder in diffusers' layout (the pipeline's or its `transformer`), a
 * folder of the original release, or a `.safetensors` file or index with `config.json` beside it. Reads
 * headers and configurations; the weights stay where they lie.
 *
 * There is no text encoder and no autoencoder yet: `generate` takes `embeds` and gives latents. Text is
 * `[512, 4096]` float32 of UMT5-XXL, rows beyond the prompt's length zero, for both branches.
 */
export async function openWan(path: string, options: OpenWanOptions = {}): Promise<VideoModel> {
  assertOptions(options);
  const files = await findWan(path, options.config);
  const json = await readJson(files.config);
  const diffusers = isOriginalConfig(json) ? fromOriginalConfig(json, files.config) : json;
  const config = wanConfig(diffusers, files.config);
  const shift = files.scheduler ? flowShiftOf(await readJson(files.scheduler), files.scheduler) : undefined;
  const checkpoint = underDiffusersNames(await openCheckpoint(files.weights));
  const usual = wanUsual(config);
  const name = options.name ?? usual.name;
  return {
    name,
    origin: dirname(files.config),
    phases: [{ name: 'denoise', model: openModel(wanTransformer(config, name), checkpoint) }],
    defaults: { ...usual.defaults, ...(shift === undefined ? {} : { shift }) },
    grid: (size) => wanGrid(name, config, size),
    latentShape: ({ frames, height, width }) => ({ video: [config.channels, frames, height, width] }),
  };
}

function underDiffusersNames(checkpoint: Checkpoint): Checkpoint {
  return isOriginalLayout(checkpoint.tensors.keys()) ? renamed(checkpoint, diffusersName) : checkpoint;
}

function assertOptions(options: OpenWanOptions): void {
  const known = ['name', 'config'];
  for (const option of Object.keys(options)) {
    if (known.includes(option)) continue;
    throw new SkipstoneError({
      code: 'unknown-option',
      what: `openWan: there is no option ${option}`,
      have: option,
      need: known.join(', '),
      do: `did you mean ${nearestName(option, known)}?`,
    });
  }
}
