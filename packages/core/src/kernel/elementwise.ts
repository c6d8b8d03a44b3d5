import { assertSameLength } from './shape.js';

/*
 * Kernel card: add, sub, scaledAdd
 *   add        out[i] = a[i] + b[i]                float32 [n], [n] → [n]
 *   sub        out[i] = a[i] − b[i]                float32 [n], [n] → [n]
 *   scaledAdd  out[i] = Σ_k scale[k]·of[k][i]      float64 scales, float32 [n] each → [n]
 *   arithmetic float64, summed in order of terms, rounded to float32 once, when stored
 *   moves      4·n bytes a term and 4·n written; bound by memory
 *   `out` may be one of the inputs: each element is read before it is written
 *   checked by elementwise.test.ts
 *
 * Typed arrays are indexed below their length only, so `as number` holds; it costs nothing at run time.
 */

export function add(a: Float32Array, b: Float32Array, out: Float32Array): void {
  assertSameLength('add', a.length, b.length);
  assertSameLength('add', a.length, out.length);
  for (let i = 0; i < out.length; i++) out[i] = (a[i] as number) + (b[i] as number);
}

export function sub(a: Float32Array, b: Float32Array, out: Float32Array): void {
  assertSameLength('sub', a.length, b.length);
  assertSameLength('sub', a.length, out.length);
  for (let i = 0; i < out.length; i++) out[i] = (a[i] as number) - (b[i] as number);
}

/** One loop each for 1, 2, 3 and 4 terms: all that samplers and guidance with up to four branches need. */
export function scaledAdd(scales: readonly number[], of: readonly Float32Array[], out: Float32Array): void {
  assertSameLength('scaledAdd', scales.length, of.length);
  for (const term of of) assertSameLength('scaledAdd', term.length, out.length);
  const [s0 = 0, s1 = 0, s2 = 0, s3 = 0] = scales;
  const [a = out, b = out, c = out, d = out] = of;
  const n = out.length;
  switch (of.length) {
    case 0:
      out.fill(0);
      return;
    case 1:
      for (let i = 0; i < n; i++) out[i] = s0 * (a[i] as number);
      return;
    case 2:
      for (let i = 0; i < n; i++) out[i] = s0 * (a[i] as number) + s1 * (b[i] as number);
      return;
    case 3:
      for (let i = 0; i < n; i++) {
        out[i] = s0 * (a[i] as number) + s1 * (b[i] as number) + s2 * (c[i] as number);
      }
      return;
    case 4:
      for (let i = 0; i < n; i++) {
        out[i] =
          s0 * (a[i] as number) + s1 * (b[i] as number) + s2 * (c[i] as number) + s3 * (d[i] as number);
      }
      return;
    default:
      scaledAddMany(scales, of, out);
  }
}

/** Any number of terms, through a float64 sum per element. */
function scaledAddMany(scales: readonly number[], of: readonly Float32Array[], out: Float32Array): void {
  const sum = new Float64Array(out.length);
  of.forEach((term, k) => {
    const scale = scales[k] as number;
    for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + scale * (term[i] as number);
  });
  out.set(sum);
}
