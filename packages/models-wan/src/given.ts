import type { Given, Grid, HostTensor } from '@skipstone/core';
import type { WanConfig } from './config.js';
import { CONDITION } from './embed.js';
import { patchify } from './patch.js';

/** Condition channels `[C in − C, T, Y, X]` as the table that every pass reads: a mask and a clean video. */
export function conditionGiven(config: WanConfig, channels: HostTensor, grid: Grid): Given {
  return { tables: { [CONDITION]: patchify(channels, config.channelsIn - config.channels, grid) } };
}

/** Clean latents of the first frames `[C, 1, Y, X]`, which the model keeps. None of them: nothing is given. */
export function firstFrameGiven(config: WanConfig, clean: HostTensor, grid: Grid): Given {
  const [, frames = 0] = clean.shape;
  if (frames === 0) return {};
  const rows = patchify(clean, config.channels, { ...grid, frames });
  const ids = Int32Array.from({ length: rows.shape[0] ?? 0 }, (_, i) => i);
  return { pinned: { video: { rows: ids, clean: rows } } };
}
