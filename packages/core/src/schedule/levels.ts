/** `count` evenly spaced numbers from `first` to `last`, in numpy's order of operations (the same float64s). */
export function linspace(first: number, last: number, count: number): readonly number[] {
  const step = (last - first) / (count - 1);
  return Array.from({ length: count }, (_, i) => {
    if (i === 0) return first;
    return i === count - 1 ? last : i * step + first;
  });
}

/** σ' = shift·σ / (1 + (shift − 1)·σ): 0 and 1 stay, what lies between moves up for shift > 1. */
export function flowShift(shift: number, sigma: number): number {
  return (shift * sigma) / (1 + (shift - 1) * sigma);
}
