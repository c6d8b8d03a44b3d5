/** Underscores of a name that are tried both ways: 4,096 names at most. The longest known one has 10. */
const MOST = 12;

/**
 * Trainers of kohya's kind write names with underscores for dots, which other underscores cannot be told from:
 * `blocks_0_self_attn_q`. Gives the name with dots: of all ways to put them the one that names a module of the model;
 * `undefined` where none does. What was found for one block is tried first in the next.
 */
export function flatNames(isModule: (name: string) => boolean): (flat: string) => string | undefined {
  const found = new Map<string, number>();
  return (flat) => {
    const parts = flat.split('_');
    const gaps = parts.length - 1;
    if (gaps > MOST) return undefined;
    const kind = flat.replace(/\d+/g, '#');
    const dotted = (dots: number): string =>
      parts.reduce((text, part, i) => `${text}${(dots >> (i - 1)) & 1 ? '.' : '_'}${part}`);
    const known = found.get(kind);
    if (known !== undefined && isModule(dotted(known))) return dotted(known);
    for (let dots = 0; dots < 2 ** gaps; dots++) {
      if (!isModule(dotted(dots))) continue;
      found.set(kind, dots);
      return dotted(dots);
    }
    return undefined;
  };
}
