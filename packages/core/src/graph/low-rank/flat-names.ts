import type { Renames } from '../../checkpoint/layout.js';

/** Underscores of a name that are tried both ways: 4,096 names at most. The longest known one has 10. */
const MOST = 12;

/**
 * Trainers of kohya's kind write names with underscores for dots, which other underscores cannot be told from:
 * `blocks_0_self_attn_q`. Gives the weight that such a name stands for: of all ways to put dots the one that the
 * model has; `undefined` where it has none. What was found for one block is tried first in the next.
 */
export function flatNames(
  renames: Renames,
  has: (weight: string) => boolean,
): (flat: string) => string | undefined {
  const found = new Map<string, number>();
  return (flat) => {
    const parts = flat.split('_');
    const gaps = parts.length - 1;
    if (gaps > MOST) return undefined;
    const kind = flat.replace(/\d+/g, '#');
    const weightOf = (dots: number): string | undefined => {
      const name = parts.reduce((text, part, i) => `${text}${(dots >> (i - 1)) & 1 ? '.' : '_'}${part}`);
      const weight = renames(`${name}.weight`);
      return has(weight) ? weight : undefined;
    };
    const known = found.get(kind);
    const again = known === undefined ? undefined : weightOf(known);
    if (again !== undefined) return again;
    for (let dots = 0; dots < 2 ** gaps; dots++) {
      const weight = weightOf(dots);
      if (weight === undefined) continue;
      found.set(kind, dots);
      return weight;
    }
    return undefined;
  };
}
