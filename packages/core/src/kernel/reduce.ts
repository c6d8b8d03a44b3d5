import { assertSameLength, shapeFault } from './shape.js';

/*
 * Kernel card: relativeL1, mean, std
 *   relativeL1  Σ|now[i] − before[i]| / Σ|now[i]|     float32 [n], [n] → float64; 0/0 is 0
 *   mean        Σ a[i] / n                            float32 [n] → float64
 *   std         √(Σ (a[i] − mean)² / (n − 1))         float32 [n] → float64, unbiased as torch.std
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

function sum(a: Float32Array): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i] as number;
  return total;
}
