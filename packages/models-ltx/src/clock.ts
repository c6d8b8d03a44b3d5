import type { PassBuilder, Value } from '@skipstone/core';

/** Width of the sinusoid that every timestep is told as. */
const WAVES = 256;

/** A clock's embedding and the modulation made of it: one row for each distinct timestep. */
export interface Adaptive {
  readonly clock: string;
  /** `[r, D]`. */
  readonly embedding: Value;
  /** `[r, parts, D]`. */
  readonly parts: Value;
}

export interface AdaptiveShape {
  readonly width: number;
  readonly parts: number;
  /** The module reads its timestep times this; 1 unless given. */
  readonly times?: number;
}

/** One of the modules that make modulation of a clock: `<path>.emb`, then `<path>.linear` of its activation. */
export function emitAdaptive(
  p: PassBuilder,
  path: string,
  clock: string,
  { width: D, parts, times = 1 }: AdaptiveShape,
): Adaptive {
  const at = `${path}.emb.timestep_embedder`;
  const waves = emitWaves(p, path, clock, times);
  const first = p.silu(`${at}.act`, p.linear(`${at}.linear_1`, waves, { in: WAVES, out: D }));
  const embedding = p.linear(`${at}.linear_2`, first, { in: D, out: D });
  const wide = p.linear(`${path}.linear`, p.silu(`${path}.act`, embedding), { in: D, out: parts * D });
  const [rows = 1] = waves.shape;
  return { clock, embedding, parts: p.reshape(`${path}.parts`, wide, [rows, parts, D]) };
}

/** Sinusoid of each distinct timestep `[r, 256]`: cosines first, frequencies 10000^(−i/128) as float32 gives them. */
function emitWaves(p: PassBuilder, at: string, clock: string, times: number): Value {
  const half = WAVES / 2;
  const table = Array.from({ length: half }, (_, i) =>
    Math.fround(Math.exp(Math.fround(Math.fround(Math.fround(-Math.log(10000)) * i) / half))),
  );
  const told = p.clock(clock);
  const scaled = times === 1 ? told : p.scale(`${at}.scaled`, told, times);
  const [rows = 1] = told.shape;
  const timesteps = p.reshape(`${at}.timesteps`, scaled, [rows, 1]);
  const angles = p.mul(`${at}.angles`, timesteps, p.constant('time.frequencies', table, [1, half]));
  return p.concat(`${at}.sinusoid`, [p.cos(`${at}.cos`, angles), p.sin(`${at}.sin`, angles)], 1);
}

/** Modulation of a block: a table of its own plus rows of a clock, which are in one order. */
export interface Modulation {
  readonly clock: string;
  /** `[r, parts, D]`. */
  readonly sum: Value;
}

export function emitModulation(
  p: PassBuilder,
  name: string,
  table: Value,
  { clock, parts }: Adaptive,
): Modulation {
  return { clock, sum: p.add(name, table, parts) };
}

/**
 * Part `index` of a modulation: `[1, D]` where the clock has one row; with a row per kind of token, those rows
 * gathered for the computed tokens, `[A, D]`. Only one part at a time is ever that long.
 */
export function partOf(p: PassBuilder, name: string, { clock, sum }: Modulation, index: number): Value {
  const [rows = 1, , width = 1] = sum.shape;
  const row = p.clockRow(clock);
  const apart = p.slice(`${name}.part`, sum, { axis: 1, from: index, to: index + 1 });
  const distinct = p.reshape(row ? `${name}.rows` : name, apart, [rows, width]);
  return row ? p.gatherRows(name, distinct, row) : distinct;
}
