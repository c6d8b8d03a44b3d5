import { SkipstoneError } from '../error.js';
import type { Dim, Value } from '../spec/pass.js';
import { dimText, sameDim, shapeText } from './dim.js';

/** The shape of an element-by-element operation: right-aligned, lengths equal or one. */
export function broadcast(name: string, a: Value, b: Value): readonly Dim[] {
  const rank = Math.max(a.shape.length, b.shape.length);
  return Array.from({ length: rank }, (_, i) => {
    const x = a.shape[a.shape.length - rank + i] ?? 1;
    const y = b.shape[b.shape.length - rank + i] ?? 1;
    if (y === 1 || sameDim(x, y)) return x;
    if (x === 1) return y;
    throw new SkipstoneError({
      code: 'graph-shape',
      what: `graph: ${name} combines shapes that do not fit`,
      have: `${a.name} ${shapeText(a.shape)} and ${b.name} ${shapeText(b.shape)}`,
      need: 'axes that are equal or one, from the last backwards',
      do: 'reshape or gather one of them first',
    });
  });
}

/** Product of dims that must all be numbers. */
export function staticSize(name: string, shape: readonly Dim[]): number {
  let size = 1;
  for (const dim of shape) {
    if (typeof dim !== 'number') {
      throw new SkipstoneError({
        code: 'graph-shape',
        what: `graph: ${name} needs axes of known length`,
        have: shapeText(shape),
        need: 'numbers only',
        do: `keep ${dimText(dim)} out of the axes that are merged`,
      });
    }
    size *= dim;
  }
  return size;
}
