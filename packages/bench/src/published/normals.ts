/**
 * Fills arrays with entries of a table of 2^16, the choice looking random and the same everywhere: the high bits
 * of a linear congruential sequence, which goes on from array to array. Fast, since gigabytes are made of it.
 */
export function drawer(seed: number): <A extends Float32Array | Uint16Array>(table: A, into: A) => A {
  let state = Math.imul(seed + 1, 2654435761) >>> 0;
  return (table, into) => {
    let now = state;
    for (let i = 0; i < into.length; i++) {
      now = (Math.imul(now, 1664525) + 1013904223) >>> 0;
      into[i] = table[now >>> 16] ?? 0;
    }
    state = now;
    return into;
  };
}

/** Standard normal values that look random and are the same everywhere. */
export function normalArray(count: number, seed: number): Float32Array<ArrayBuffer> {
  return drawer(seed)(QUANTILES, new Float32Array(count));
}

/** The normal distribution's quantiles at (i + ½) / 2^16, by stepping through its density: a table to draw from. */
export const QUANTILES: Float32Array<ArrayBuffer> = quantiles(2 ** 16);

function quantiles(count: number): Float32Array<ArrayBuffer> {
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
