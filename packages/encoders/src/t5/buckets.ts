import type { T5Config } from './config.js';

/**
 * Which row of a table of positions two tokens read, `[S·S]`, queries slowest: a bucket a distance up to a quarter of the
 * buckets, then logarithmically, the rest in the last; a half of its own for keys that come later.
 * Source: T5, arXiv:1910.10683, as transformers' `_relative_position_bucket` (bidirectional) computes it.
 */
export function positionBuckets(tokens: number, { buckets, maxDistance }: T5Config): Int32Array {
  const half = buckets / 2;
  const exact = half / 2;
  const bucketOf = (distance: number): number => {
    if (distance < exact) return distance;
    // float32 as the reference: whole powers of the ratio lie on a step.
    const ratio = Math.fround(Math.fround(Math.log(distance / exact)) / Math.log(maxDistance / exact));
    return Math.min(half - 1, exact + Math.trunc(Math.fround(ratio * (half - exact))));
  };
  const of = Int32Array.from({ length: tokens }, (_, distance) => bucketOf(distance));
  return Int32Array.from({ length: tokens * tokens }, (_, i) => {
    const relative = (i % tokens) - Math.floor(i / tokens);
    return (relative > 0 ? half : 0) + (of[Math.abs(relative)] ?? 0);
  });
}
