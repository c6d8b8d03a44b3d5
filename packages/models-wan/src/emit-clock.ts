import type { PassBuilder, Value } from '@skipstone/core';
import type { WanConfig } from './config.js';
import { CLOCK } from './modulation.js';

interface Clock {
  readonly waves: Value;
  readonly embedding: Value;
  readonly modulation: Value;
}

/**
 * The embedding of each distinct timestep `[r, D]` drives the head; its activation, projected to `[r, 6, D]`,
 * drives the blocks. Sinusoid: cosines first, frequencies 10000^(−i/(n/2)).
 */
export function emitClock(p: PassBuilder, config: WanConfig): Clock {
  const { width: D, frequencies: n } = config;
  const at = 'condition_embedder';
  const table = Array.from({ length: n / 2 }, (_, i) => Math.fround(10000 ** (-i / (n / 2))));
  const [rows = 1] = p.clock(CLOCK).shape;
  const timesteps = p.reshape(`${at}.timesteps`, p.clock(CLOCK), [rows, 1]);
  const angles = p.mul(`${at}.angles`, timesteps, p.constant(`${at}.frequencies`, table, [1, n / 2]));
  const waves = p.concat(`${at}.sinusoid`, [p.cos(`${at}.cos`, angles), p.sin(`${at}.sin`, angles)], 1);
  const first = p.linear(`${at}.time_embedder.linear_1`, waves, { in: n, out: D });
  const active = p.silu(`${at}.time_embedder.act`, first);
  const embedding = p.linear(`${at}.time_embedder.linear_2`, active, { in: D, out: D });
  const projected = p.linear(`${at}.time_proj`, p.silu(`${at}.act`, embedding), { in: D, out: 6 * D });
  return { waves, embedding, modulation: p.reshape(`${at}.modulation`, projected, [rows, 6, D]) };
}
