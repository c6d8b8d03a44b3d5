import type { Dim } from '../spec/value.js';

/** So many times an axis. */
export function times(dim: Dim, by: number): Dim {
  if (typeof dim === 'number') return dim * by;
  return typeof dim === 'string' ? { axis: dim, times: by } : { axis: dim.axis, times: dim.times * by };
}

export const sameDim = (a: Dim, b: Dim): boolean => dimText(a) === dimText(b);

/** An axis as a person reads it, and as ONNX names it: `A.video·32`. */
export const dimText = (dim: Dim): string =>
  typeof dim === 'object' ? `${dim.axis}·${dim.times}` : String(dim);

/** `[A.video, 4]`. */
export const shapeText = (shape: readonly Dim[]): string => `[${shape.map(dimText).join(', ')}]`;
