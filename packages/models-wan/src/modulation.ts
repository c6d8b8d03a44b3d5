import type { PassBuilder, Value } from '@skipstone/core';

/** The name of the one clock that Wan has. */
export const CLOCK = 'time';

/**
 * Part `index` of a modulation `[r, parts, D]`: `[1, D]` where the clock has one row; with a row per kind of
 * token, those rows gathered for the computed tokens, `[A, D]`. Only one part at a time is ever that long.
 */
export function modulationPart(p: PassBuilder, name: string, modulation: Value, index: number): Value {
  const [rows = 1, , width = 1] = modulation.shape;
  const row = p.clockRow(CLOCK);
  const apart = p.slice(`${name}.part`, modulation, { axis: 1, from: index, to: index + 1 });
  const distinct = p.reshape(row ? `${name}.rows` : name, apart, [rows, width]);
  return row ? p.gatherRows(name, distinct, row) : distinct;
}
