/** max|a−b| / max|b|, the error of everything in this project; NaN for series of other lengths. */
export function maxError(got: readonly number[], want: readonly number[]): number {
  if (got.length !== want.length) return Number.NaN;
  let [difference, largest] = [0, 0];
  want.forEach((value, i) => {
    difference = Math.max(difference, Math.abs((got[i] ?? Number.NaN) - value));
    largest = Math.max(largest, Math.abs(value));
  });
  return difference / largest;
}
