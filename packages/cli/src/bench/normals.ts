/**
 * Standard normal values that look random and are the same everywhere: quantiles of a seeded sequence
 * (a linear congruential one; its high bits choose among 2^16 quantiles). Fast, since gigabytes are made of it.
 */
export function normals(seed: number): () => number {
  let state = Math.imul(seed + 1, 2654435761) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return QUANTILES[state >>> 16] ?? 0;
  };
}

/** An array of them. */
export function normalArray(count: number, seed: number): Float32Array<ArrayBuffer> {
  const next = normals(seed);
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) values[i] = next();
  return values;
}

/** The normal distribution's quantiles at (i + ½) / 2^16, by stepping through its density. */
const QUANTILES = quantiles(2 ** 16);

function quantiles(count: number): Float32Array {
  const table = new Float32Array(count);
  let [x, mass] = [0, 0.5];
  for (let i = count / 2; i < count; i++) {
    const target = (i + 0.5) / count;
    while (mass < target) {
      // The midpoint rule with steps that shrink as the tail thins.
      const step = Math.min(1e-3, 0.05 / (count * density(x)));
      mass += step * density(x + step / 2);
      x += step;
    }
    table[i] = x;
    table[count - 1 - i] = -x;
  }
  return table;
}

function density(x: number): number {
  return Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
}
