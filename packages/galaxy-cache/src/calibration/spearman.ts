import { sampleCorrelation } from 'simple-statistics';

/**
 * Spearman's rank correlation of two series of equal length, −1 to 1: Pearson's of the ranks, equal values
 * sharing the mean of theirs (the library's own rank correlation gives ties the order they came in). NaN
 * for fewer than two pairs, or a series without change.
 */
export function spearman(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length || a.length < 2) return Number.NaN;
  const rho = sampleCorrelation([...ranks(a)], [...ranks(b)]);
  // Rounding leads a hair beyond.
  return Math.max(-1, Math.min(1, rho));
}

/** 1 for the smallest; equal values share the mean of their ranks. */
export function ranks(values: readonly number[]): readonly number[] {
  const order = [...values.keys()].sort((i, j) => (values[i] ?? 0) - (values[j] ?? 0));
  const result = new Array<number>(values.length).fill(0);
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to < order.length && values[order[to] ?? 0] === values[order[from] ?? 0]) to++;
    for (const index of order.slice(from, to)) result[index] = (from + 1 + to) / 2;
    from = to;
  }
  return result;
}
