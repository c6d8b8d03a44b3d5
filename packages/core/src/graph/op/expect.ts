import { SkipstoneError } from '../../error.js';
import type { Value } from '../../spec/pass.js';
import { shapeText } from '../dim.js';

/** Asserts the last axis of a value. */
export function expectWidth(name: string, x: Value, width: number): void {
  const last = x.shape[x.shape.length - 1];
  if (last === width) return;
  throw new SkipstoneError({
    code: 'graph-shape',
    what: `graph: ${name} gets rows of another width`,
    have: `${x.name} ${shapeText(x.shape)}`,
    need: `[…, ${width}]`,
    do: 'check the widths in the model config against the shapes in its checkpoint',
  });
}

/** The last axis of a value, which must have a known length. */
export function knownWidth(name: string, x: Value): number {
  const last = x.shape[x.shape.length - 1];
  if (typeof last === 'number') return last;
  throw new SkipstoneError({
    code: 'graph-shape',
    what: `graph: ${name} needs rows of a known width`,
    have: `${x.name} ${shapeText(x.shape)}`,
    need: 'a number as last axis',
    do: 'give the width as a number where the value is made',
  });
}
