/**
 * Operations on `[B, C, …]` as their definitions read, in float64: slow, and right without looking twice. What
 * adapters compute with them is what the runtime's results are held against.
 */
export interface Plain {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

export interface PlainConvolution {
  readonly weight: Plain;
  readonly bias?: Plain;
  readonly padding?: readonly number[];
  readonly stride?: readonly number[];
}

export const plain = ({
  shape,
  data,
}: {
  shape: readonly number[];
  data: ArrayLike<number | bigint>;
}): Plain => ({
  shape,
  data: Float64Array.from({ length: data.length }, (_, i) => Number(data[i])),
});

/** Adds up x·w over input channels and all places of the kernel; outside there are zeros. */
export function plainConv(x: Plain, { weight, bias, padding, stride }: PlainConvolution): Plain {
  const [batch = 1, channels = 1, ...axes] = x.shape;
  const [out = 1, , ...kernel] = weight.shape;
  const lengths = axes.map((length, i) =>
    Math.floor((length + 2 * (padding?.[i] ?? 0) - (kernel[i] ?? 1)) / (stride?.[i] ?? 1) + 1),
  );
  const shape = [batch, out, ...lengths];
  return filled(shape, ([b = 0, o = 0, ...at]) => {
    let sum = bias?.data[o] ?? 0;
    for (const offset of places(kernel)) {
      const from = at.map((p, i) => p * (stride?.[i] ?? 1) + (offset[i] ?? 0) - (padding?.[i] ?? 0));
      if (from.some((p, i) => p < 0 || p >= (axes[i] ?? 0))) continue;
      for (let c = 0; c < channels; c++) {
        sum += value(x, [b, c, ...from]) * value(weight, [o, c, ...offset]);
      }
    }
    return sum;
  });
}

/** Mean and variance over the channels of a group and all axes behind them, of each of the batch. */
export function plainGroupNorm(x: Plain, groups: number, eps: number, scale: Plain, shift: Plain): Plain {
  const [batch = 1, channels = 1] = x.shape;
  const size = x.data.length / (batch * groups);
  const moments = Array.from({ length: batch * groups }, (_, i) => {
    const group = x.data.subarray(i * size, (i + 1) * size);
    const mean = group.reduce((a, b) => a + b, 0) / size;
    return { mean, variance: group.reduce((sum, v) => sum + (v - mean) ** 2, 0) / size };
  });
  const perChannel = x.data.length / (batch * channels);
  const data = x.data.map((v, i) => {
    const { mean, variance } = moments[Math.floor(i / size)] ?? { mean: 0, variance: 0 };
    const channel = Math.floor(i / perChannel) % channels;
    return ((v - mean) / Math.sqrt(variance + eps)) * (scale.data[channel] ?? 0) + (shift.data[channel] ?? 0);
  });
  return { shape: x.shape, data };
}

/** Pixel shuffle over any axes: place p·b + i comes from block i of place p, blocks the first slowest. */
export function plainDepthToSpace(x: Plain, blocks: readonly number[]): Plain {
  const [batch = 1, channels = 1, ...axes] = x.shape;
  const all = blocks.reduce((a, b) => a * b, 1);
  const shape = [batch, channels / all, ...axes.map((length, i) => length * (blocks[i] ?? 1))];
  return filled(shape, ([b = 0, c = 0, ...at]) => {
    const from = at.map((p, i) => Math.floor(p / (blocks[i] ?? 1)));
    const block = at.reduce((index, p, i) => index * (blocks[i] ?? 1) + (p % (blocks[i] ?? 1)), 0);
    return value(x, [b, c * all + block, ...from]);
  });
}

export const plainSilu = ({ shape, data }: Plain): Plain => ({
  shape,
  data: data.map((v) => v / (1 + Math.exp(-v))),
});

export const plainAdd = (a: Plain, b: Plain): Plain => ({
  shape: a.shape,
  data: a.data.map((v, i) => v + (b.data[i] ?? Number.NaN)),
});

/** Without the first of an axis. */
export function plainWithoutFirst(x: Plain, axis: number): Plain {
  const shape = x.shape.map((length, i) => (i === axis ? length - 1 : length));
  return filled(shape, (at) =>
    value(
      x,
      at.map((p, i) => (i === axis ? p + 1 : p)),
    ),
  );
}

function value({ shape, data }: Plain, at: readonly number[]): number {
  return data[at.reduce((index, p, i) => index * (shape[i] ?? 1) + p, 0)] ?? Number.NaN;
}

function filled(shape: readonly number[], of: (at: readonly number[]) => number): Plain {
  const data = new Float64Array(shape.reduce((a, b) => a * b, 1));
  let i = 0;
  for (const at of places(shape)) data[i++] = of(at);
  return { shape, data };
}

/** Every place of a shape, the last axis fastest. */
function* places(shape: readonly number[]): Iterable<readonly number[]> {
  const at = shape.map(() => 0);
  const count = shape.reduce((a, b) => a * b, 1);
  for (let i = 0; i < count; i++) {
    yield at;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const next = (at[axis] ?? 0) + 1;
      at[axis] = next < (shape[axis] ?? 0) ? next : 0;
      if (next < (shape[axis] ?? 0)) break;
    }
  }
}
