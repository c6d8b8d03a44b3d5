/**
 * Operations as their definitions read, in float64: slow, right without looking twice, nothing shared with graphs or
 * kernels. What references compute with them is what the runtime's results are held against.
 */

/** Row-major numbers. Operations on rows take its last axis for a row, whatever lies in front. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** The same as it is stored, of any type. */
export interface Stored {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number | bigint>;
}

export const of = ({ shape, data }: Stored): Tensor => ({
  shape,
  data: Float64Array.from({ length: data.length }, (_, i) => Number(data[i])),
});

/** `[N, D]` of N rows. */
export const ofRows = (rows: readonly (readonly number[])[]): Tensor => ({
  shape: [rows.length, rows[0]?.length ?? 0],
  data: Float64Array.from(rows.flat()),
});

export const width = ({ shape }: Stored): number => shape.at(-1) ?? 1;

export const map = (x: Tensor, f: (value: number, row: number, i: number) => number): Tensor => ({
  shape: x.shape,
  data: x.data.map((value, n) => f(value, Math.floor(n / width(x)), n % width(x))),
});

/** Element of a row; where there is one row, it counts for all. */
export const at = (x: Tensor, row: number, i: number): number =>
  x.data[(x.data.length === width(x) ? 0 : row * width(x)) + i] ?? Number.NaN;

export const add = (a: Tensor, b: Tensor): Tensor => map(a, (value, row, i) => value + at(b, row, i));
export const times = (a: Tensor, b: Tensor): Tensor => map(a, (value, row, i) => value * at(b, row, i));

/** x·(1 + scale) + shift. */
export const modulate = (x: Tensor, shift: Tensor, scale: Tensor): Tensor =>
  map(x, (value, row, i) => value * (1 + at(scale, row, i)) + at(shift, row, i));

/** These rows, in this order. */
export const rowsAt = (x: Tensor, rows: readonly number[]): Tensor => ({
  shape: [rows.length, width(x)],
  data: Float64Array.from(rows.flatMap((row) => [...x.data.subarray(row * width(x), (row + 1) * width(x))])),
});

/** Part `index` of every row, as long as `count` channels. */
export const part = (x: Tensor, index: number, count: number): Tensor =>
  eachRow(x, (row) => row.slice(index * count, (index + 1) * count));

/** x·Wᵀ + b, W `[out, in]`. */
export function linear(x: Tensor, weight: Stored, bias?: Stored): Tensor {
  const out = weight.data.length / width(x);
  return eachRow(x, (row) =>
    Float64Array.from({ length: out }, (_, o) =>
      row.reduce(
        (sum, value, i) => sum + value * Number(weight.data[o * row.length + i]),
        Number(bias?.data[o] ?? 0),
      ),
    ),
  );
}

/** x·rsqrt(mean(x²) + eps), times a weight where there is one. */
export const rmsNorm = (x: Tensor, eps: number, weight?: Stored): Tensor =>
  eachRow(x, (row) => {
    const root = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0) / row.length + eps);
    return row.map((value, i) => (value / root) * Number(weight?.data[i] ?? 1));
  });

/** (x − mean)/√(variance + eps). */
export const layerNorm = (x: Tensor, eps: number): Tensor => eachRow(x, (row) => normalised(row, eps));

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

/** softmax(q·kᵀ/√K)·v of each head, H·K channels a row. */
export function attention(q: Tensor, k: Tensor, v: Tensor, heads: number): Tensor {
  const K = width(q) / heads;
  const keys = Array.from({ length: k.data.length / width(k) }, (_, row) => row);
  return eachRow(q, (query) => {
    const out = new Float64Array(query.length);
    for (let h = 0; h < heads; h++) {
      const scores = keys.map((row) => {
        let dot = 0;
        for (let i = h * K; i < (h + 1) * K; i++) dot += (query[i] ?? 0) * at(k, row, i);
        return dot / Math.sqrt(K);
      });
      const most = Math.max(...scores);
      const weights = scores.map((score) => Math.exp(score - most));
      const sum = weights.reduce((a, b) => a + b, 0);
      for (let i = h * K; i < (h + 1) * K; i++)
        out[i] = weights.reduce((total, weight, row) => total + weight * at(v, row, i), 0) / sum;
    }
    return out;
  });
}

/** Channels i and j, cosine and sine of their angle. */
export type Turn = readonly [i: number, j: number, cos: number, sin: number];

/** (a, b) → (a·cos − b·sin, b·cos + a·sin) of pairs of channels, each row by its own turns. */
export const rotate = (x: Tensor, turns: readonly (readonly Turn[])[]): Tensor =>
  eachRow(x, (row, n) => {
    const out = row.slice();
    for (const [i, j, cos, sin] of turns[n] ?? []) {
      const [a, b] = [row[i] ?? 0, row[j] ?? 0];
      out[i] = a * cos - b * sin;
      out[j] = b * cos + a * sin;
    }
    return out;
  });

/** cos(t·f) | sin(t·f), f_i = 10000^(−i/(n/2)). */
export function sinusoid(t: number, n: number): readonly number[] {
  const angles = Array.from({ length: n / 2 }, (_, i) => t * 10000 ** (-i / (n / 2)));
  return [...angles.map(Math.cos), ...angles.map(Math.sin)];
}

export interface Convolution {
  readonly weight: Stored;
  readonly bias?: Stored;
  readonly padding?: readonly number[];
  readonly stride?: readonly number[];
}

/** Adds up x·w over input channels and all places of the kernel, `[B, C, …]`; outside there are zeros. */
export function conv(x: Tensor, { weight, bias, padding, stride }: Convolution): Tensor {
  const [batch = 1, channels = 1, ...axes] = x.shape;
  const [out = 1, , ...kernel] = weight.shape;
  const lengths = axes.map((length, i) =>
    Math.floor((length + 2 * (padding?.[i] ?? 0) - (kernel[i] ?? 1)) / (stride?.[i] ?? 1) + 1),
  );
  return filled([batch, out, ...lengths], ([b = 0, o = 0, ...to]) => {
    let sum = Number(bias?.data[o] ?? 0);
    for (const offset of places(kernel)) {
      const from = to.map((p, i) => p * (stride?.[i] ?? 1) + (offset[i] ?? 0) - (padding?.[i] ?? 0));
      if (from.some((p, i) => p < 0 || p >= (axes[i] ?? 0))) continue;
      for (let c = 0; c < channels; c++) {
        sum += value(x, [b, c, ...from]) * value(weight, [o, c, ...offset]);
      }
    }
    return sum;
  });
}

/** Mean and variance over the channels of a group and all axes behind them, of each of the batch. */
export function groupNorm(x: Tensor, groups: number, eps: number, scale: Stored, shift: Stored): Tensor {
  const [batch = 1, channels = 1] = x.shape;
  const { data } = eachRow(
    { shape: [batch * groups, x.data.length / (batch * groups)], data: x.data },
    (row) => normalised(row, eps),
  );
  const places = x.data.length / (batch * channels);
  const by = ({ data }: Stored, i: number): number => Number(data[Math.floor(i / places) % channels]);
  return { shape: x.shape, data: data.map((value, i) => value * by(scale, i) + by(shift, i)) };
}

/** Pixel shuffle over any axes: place p·b + i comes from block i of place p, blocks the first slowest. */
export function depthToSpace(x: Tensor, blocks: readonly number[]): Tensor {
  const [batch = 1, channels = 1, ...axes] = x.shape;
  const all = blocks.reduce((a, b) => a * b, 1);
  const shape = [batch, channels / all, ...axes.map((length, i) => length * (blocks[i] ?? 1))];
  return filled(shape, ([b = 0, c = 0, ...to]) => {
    const from = to.map((p, i) => Math.floor(p / (blocks[i] ?? 1)));
    const block = to.reduce((index, p, i) => index * (blocks[i] ?? 1) + (p % (blocks[i] ?? 1)), 0);
    return value(x, [b, c * all + block, ...from]);
  });
}

/** Without the first of an axis. */
export function withoutFirst(x: Tensor, axis: number): Tensor {
  const shape = x.shape.map((length, i) => (i === axis ? length - 1 : length));
  return filled(shape, (to) => value(x, to.with(axis, (to[axis] ?? 0) + 1)));
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

function eachRow(x: Tensor, of: (row: Float64Array, n: number) => Float64Array): Tensor {
  const D = width(x);
  const rows = Array.from({ length: x.data.length / D }, (_, n) =>
    of(x.data.subarray(n * D, (n + 1) * D), n),
  );
  const wide = rows[0]?.length ?? 0;
  const data = new Float64Array(rows.length * wide);
  rows.forEach((row, n) => {
    data.set(row, n * wide);
  });
  return { shape: [...x.shape.slice(0, -1), wide], data };
}

function normalised(values: Float64Array, eps: number): Float64Array {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return values.map((value) => (value - mean) / Math.sqrt(variance + eps));
}

function value({ shape, data }: Stored, place: readonly number[]): number {
  return Number(data[place.reduce((index, p, i) => index * (shape[i] ?? 1) + p, 0)]);
}

function filled(shape: readonly number[], of: (place: readonly number[]) => number): Tensor {
  const data = new Float64Array(shape.reduce((a, b) => a * b, 1));
  let i = 0;
  for (const place of places(shape)) data[i++] = of(place);
  return { shape, data };
}

/** Every place of a shape, the last axis fastest. */
function* places(shape: readonly number[]): Iterable<readonly number[]> {
  const place = shape.map(() => 0);
  const count = shape.reduce((a, b) => a * b, 1);
  for (let i = 0; i < count; i++) {
    yield place;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const next = (place[axis] ?? 0) + 1;
      place[axis] = next < (shape[axis] ?? 0) ? next : 0;
      if (next < (shape[axis] ?? 0)) break;
    }
  }
}
