import type { PassBuilder, Value } from '@skipstone/core';
import type { CosmosConfig } from './config.js';

/** The name of the one clock. */
export const CLOCK = 'time';

export interface Clock {
  /** Activation of the normed sinusoid, `[r, D]`: each modulation has its own products of it … */
  readonly active: Value;
  /** … and this in common, `[r, 3·D]`. */
  readonly shared: Value;
}

/** Sinusoid of each distinct timestep as wide as the model, cosines first, frequencies 10000^(−i/(D/2)). */
export function emitClock(p: PassBuilder, { width: D }: CosmosConfig): Clock {
  const at = 'time_embed';
  const table = Array.from({ length: D / 2 }, (_, i) => Math.fround(10000 ** (-i / (D / 2))));
  const [rows = 1] = p.clock(CLOCK).shape;
  const timesteps = p.reshape(`${at}.timesteps`, p.clock(CLOCK), [rows, 1]);
  const angles = p.mul(`${at}.angles`, timesteps, p.constant(`${at}.frequencies`, table, [1, D / 2]));
  const waves = p.concat(`${at}.sinusoid`, [p.cos(`${at}.cos`, angles), p.sin(`${at}.sin`, angles)], 1);
  const first = p.linear(`${at}.t_embedder.linear_1`, waves, { in: D, out: D, bias: false });
  const second = p.silu(`${at}.t_embedder.act`, first);
  const shared = p.linear(`${at}.t_embedder.linear_2`, second, { in: D, out: 3 * D, bias: false });
  return { active: p.silu(`${at}.act`, p.rmsNorm(`${at}.norm`, waves, 1e-6)), shared };
}

/**
 * The named parts of a modulation, each `[1, D]`, or `[A, D]` where tokens follow different rows of the clock:
 * only one part at a time is ever that long.
 */
export function modulation<const Parts extends readonly string[]>(
  p: PassBuilder,
  { width: D, squeeze }: CosmosConfig,
  at: string,
  { active, shared }: Clock,
  parts: Parts,
): { readonly [Index in keyof Parts]: Value } {
  const wide = parts.length * D;
  const narrow = p.linear(`${at}.linear_1`, active, { in: D, out: squeeze, bias: false });
  const own = p.linear(`${at}.linear_2`, narrow, { in: squeeze, out: wide, bias: false });
  const common = wide < 3 * D ? p.slice(`${at}.shared`, shared, { axis: 1, from: 0, to: wide }) : shared;
  const sum = p.add(`${at}.modulation`, own, common);
  const row = p.clockRow(CLOCK);
  return parts.map((part, i) => {
    const distinct = p.slice(`${at}.${part}`, sum, { axis: 1, from: i * D, to: (i + 1) * D });
    return row ? p.gatherRows(`${at}.${part}.tokens`, distinct, row) : distinct;
  }) as { readonly [Index in keyof Parts]: Value };
}
