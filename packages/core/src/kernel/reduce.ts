import { assertSameLength, shapeFault } from './shape.js';

/*
 * Kernel card: relativeL1, mean, std, norm1, norm2, dot; rowNorm1, rowNorm2, rowDot
 *   relativeL1  Σ|now[i] − before[i]| / Σ|now[i]|     float32 [n], [n] → float64; 0/0 is 0
 *   mean        Σ a[i] / n                            float32 [n] → float64
 *   std         √(Σ (a[i] − mean)² / (n − 1))         float32 [n] → float64, unbiased as torch.std
 *   norm1       Σ|a[i]|                               float32 [n] → float64
 *   norm2       √Σ a[i]²                              float32 [n] → float64
 *   dot         Σ a[i]·b[i]                           float32 [n], [n] → float64
 *   rowNorm1 …  the same of each row                  float32 [A, D] (twice for rowDot) → float32 [A, 1]
 *   arithmetic  float64 in order of elements; std in two passes, so a large mean costs no digits
 *   moves       4·n bytes an input (std reads twice); bound by the chain of additions
 *   NaN and infinities in the input come out as NaN or infinity
 *   checked by reduce.test.ts
 */

export function relativeL1(before: Float32Array, now: Float32Array): number {
  assertSameLength('relativeL1', before.length, now.length);
  let change = 0;
  let size = 0;
  for (let i = 0; i < now.length; i++) {
    const value = now[i] as number;
    change += Math.abs(value - (before[i] as number));
    size += Math.abs(value);
  }
  return change === 0 && size === 0 ? 0 : change / size;
}

export function mean(a: Float32Array): number {
  if (a.length < 1) throw shapeFault('mean', `[${a.length}]`, 'at least one element');
  return sum(a) / a.length;
}

export function std(a: Float32Array): number {
  if (a.length < 2) throw shapeFault('std', `[${a.length}]`, 'at least two elements');
  const centre = sum(a) / a.length;
  let squares = 0;
  for (let i = 0; i < a.length; i++) {
    const off = (a[i] as number) - centre;
    squares += off * off;
  }
  return Math.sqrt(squares / (a.length - 1));
}

/** `from`, `to`: the stretch of elements, all unless given. */
export function norm1(a: Float32Array, from = 0, to = a.length): number {
  let total = 0;
  for (let i = from; i < to; i++) total += Math.abs(a[i] as number);
  return total;
}

export const norm2 = (a: Float32Array, from = 0, to = a.length): number => Math.sqrt(dot(a, a, from, to));

export function dot(a: Float32Array, b: Float32Array, from = 0, to = a.length): number {
  assertSameLength('dot', a.length, b.length);
  let total = 0;
  for (let i = from; i < to; i++) total += (a[i] as number) * (b[i] as number);
  return total;
}

/** One number for each row of `width` values. */
export function eachRow(width: number, out: Float32Array, of: (from: number, to: number) => number): void {
  for (let row = 0; row < out.length; row++) out[row] = of(row * width, (row + 1) * width);
}

function sum(a: Float32Array): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i] as number;
  return total;
}
