/**
 * Plain float64 arithmetic over rows of numbers: what a reference of a forward pass is written with where no other
 * exists. Short loops, nothing shared with graphs or kernels.
 */

/** Rows of equal length. */
export type Matrix = readonly (readonly number[])[];

/** A stored tensor: row-major values, whatever their type. */
export interface PlainTensor {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number | bigint>;
}

/** A tensor's last axis as rows. */
export function rowsOf({ shape, data }: PlainTensor): Matrix {
  const width = shape.at(-1) ?? 1;
  return Array.from({ length: data.length / width }, (_, row) =>
    Array.from({ length: width }, (_, i) => Number(data[row * width + i])),
  );
}

export const map = (x: Matrix, f: (value: number, row: number, i: number) => number): Matrix =>
  x.map((values, row) => values.map((value, i) => f(value, row, i)));

export const add = (a: Matrix, b: Matrix): Matrix => map(a, (value, row, i) => value + at(b, row, i));

/** Element of a matrix; one of a single row counts for all rows. */
export const at = (x: Matrix, row: number, i: number): number =>
  (x.length === 1 ? x[0] : x[row])?.[i] ?? Number.NaN;

/** x·Wᵀ + b, W `[out, in]`. */
export function linear(x: Matrix, weight: PlainTensor, bias?: PlainTensor): Matrix {
  const [rows, b] = [rowsOf({ ...weight, shape: [weight.data.length / width(x), width(x)] }), bias?.data];
  return x.map((values) =>
    rows.map((w, out) => w.reduce((sum, value, i) => sum + value * (values[i] ?? 0), Number(b?.[out] ?? 0))),
  );
}

const width = (x: Matrix): number => x[0]?.length ?? 0;

/** x·rsqrt(mean(x²) + eps), times a weight where there is one. */
export function rmsNorm(x: Matrix, eps: number, weight?: PlainTensor): Matrix {
  return x.map((values) => {
    const root = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length + eps);
    return values.map((value, i) => (value / root) * Number(weight?.data[i] ?? 1));
  });
}

/** (x − mean)/√(variance + eps). */
export function layerNorm(x: Matrix, eps: number): Matrix {
  return x.map((values) => {
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    return values.map((value) => (value - mean) / Math.sqrt(variance + eps));
  });
}

/** x·(1 + scale) + shift. */
export const modulate = (x: Matrix, shift: Matrix, scale: Matrix): Matrix =>
  map(x, (value, row, i) => value * (1 + at(scale, row, i)) + at(shift, row, i));

export const times = (x: Matrix, by: Matrix): Matrix => map(x, (value, row, i) => value * at(by, row, i));

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
export const silu = (x: number): number => x * sigmoid(x);
export const geluTanh = (x: number): number =>
  0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
export const geluErf = (x: number): number => 0.5 * x * (1 + erf(x / Math.SQRT2));

/** Its series, to 1e-8; ±1 from 4 on. */
function erf(x: number): number {
  if (Math.abs(x) >= 4) return Math.sign(x);
  let [term, sum] = [x, x];
  for (let n = 1; n < 120; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

/** softmax(q·kᵀ/√K)·v of each head. */
export function attention(q: Matrix, k: Matrix, v: Matrix, heads: number): Matrix {
  const K = width(q) / heads;
  return q.map((query) => {
    const out: number[] = [];
    for (let h = 0; h < heads; h++) {
      const scores = k.map((key) => {
        let dot = 0;
        for (let i = h * K; i < (h + 1) * K; i++) dot += (query[i] ?? 0) * (key[i] ?? 0);
        return dot / Math.sqrt(K);
      });
      const most = Math.max(...scores);
      const weights = scores.map((score) => Math.exp(score - most));
      const sum = weights.reduce((a, b) => a + b, 0);
      for (let i = h * K; i < (h + 1) * K; i++)
        out.push(weights.reduce((total, weight, row) => total + weight * at(v, row, i), 0) / sum);
    }
    return out;
  });
}

/** (a, b) → (a·cos − b·sin, b·cos + a·sin) of each pair of a row's channels. */
export function rotate(values: readonly number[], pairs: readonly Turn[]): readonly number[] {
  const out = [...values];
  for (const [i, j, cos, sin] of pairs) {
    const [a, b] = [values[i] ?? 0, values[j] ?? 0];
    out[i] = a * cos - b * sin;
    out[j] = b * cos + a * sin;
  }
  return out;
}

/** Channels i and j, cosine and sine of their angle. */
export type Turn = readonly [i: number, j: number, cos: number, sin: number];

/** cos(t·f) | sin(t·f), f_i = 10000^(−i/(n/2)). */
export function sinusoid(t: number, n: number): readonly number[] {
  const angles = Array.from({ length: n / 2 }, (_, i) => t * 10000 ** (-i / (n / 2)));
  return [...angles.map(Math.cos), ...angles.map(Math.sin)];
}

/** max|a − b| / max|b|. */
export function apart(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.NaN;
  let [difference, largest] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    difference = Math.max(difference, Math.abs((a[i] ?? Number.NaN) - (b[i] ?? 0)));
    largest = Math.max(largest, Math.abs(b[i] ?? 0));
  }
  return difference / largest;
}
