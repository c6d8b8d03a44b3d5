/**
 * Relative change of each row, |now − before|₁ / |now|₁ (HSA, arXiv:2605.06892v1, fig. 6; the norm of the
 * current value below, inferred). Row-major values of `rows` rows. 0/0 is 0; no change exceeds `LARGEST`.
 */
export function relativeChanges(before: Float32Array, now: Float32Array, rows: number): readonly number[] {
  const width = now.length / rows;
  return Array.from({ length: rows }, (_, row) => {
    let [change, size] = [0, 0];
    for (let i = row * width; i < (row + 1) * width; i++) {
      const value = now[i] ?? Number.NaN;
      change += Math.abs(value - (before[i] ?? Number.NaN));
      size += Math.abs(value);
    }
    return change === 0 ? 0 : Math.min(change / size, LARGEST);
  });
}

/** Keeps scores finite where a velocity is exactly zero. */
const LARGEST = 1e6;
