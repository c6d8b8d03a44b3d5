import { SkipstoneError } from '../../error.js';
import type { Convolution, Padding, TransposedConvolution } from '../../spec/graph-builder.js';
import type { Dim, Value } from '../../spec/value.js';
import { shapeText } from '../dim.js';
import type { Recorder } from '../recorder.js';
import { reshape, transpose } from './elementwise.js';

/** Convolution over all axes behind the channels, with zeros around. */
export function conv(g: Recorder, name: string, x: Value, by: Convolution): Value {
  const [batch = 1, channels = 1, ...axes] = x.shape;
  const [out = 1, from = 1, ...kernel] = by.weight.shape.map(Number);
  const padding = (by.padding ?? kernel.map(() => 0)).map((pad) =>
    typeof pad === 'number' ? [pad, pad] : pad,
  );
  const [before, after] = [0, 1].map((side) => padding.map((pad) => pad[side] ?? 0)) as [number[], number[]];
  const stride = by.stride ?? kernel.map(() => 1);
  const dilation = by.dilation ?? kernel.map(() => 1);
  const counts = [axes, padding, stride].map(({ length }) => length);
  if (channels !== from || counts.some((length) => length !== kernel.length)) throw unfit(name, x, by);
  const lengths = axes.map((length, i) => {
    const [k = 1, step = 1] = [kernel[i], stride[i]];
    const reach = (k - 1) * (dilation[i] ?? 1) + 1;
    const made = Math.floor((Number(length) + (before[i] ?? 0) + (after[i] ?? 0) - reach) / step) + 1;
    if (!(made > 0)) throw unfit(name, x, by);
    return made;
  });
  const inputs = [x, by.weight, ...(by.bias ? [by.bias] : [])].map((v) => g.cast(v, g.options.compute));
  const shape = [batch, out, ...lengths];
  return g.node({
    ...{ name, op: 'Conv', inputs, shape },
    attributes: {
      kernel_shape: { ints: kernel },
      pads: { ints: [...before, ...after] },
      strides: { ints: stride },
      ...(by.dilation && { dilations: { ints: dilation } }),
    },
    heavy: true,
    work: [{ scale: 2, dims: [...shape, from, ...kernel] }],
  });
}

/** `[B, c·Πb, …]` → `[B, c, …·b]`, a reshape, a transpose and a reshape: ONNX has it for two equal blocks only. */
export function depthToSpace(g: Recorder, name: string, x: Value, blocks: readonly number[]): Value {
  const [batch = 1, channels = 1, ...axes] = x.shape;
  const c = Number(channels) / blocks.reduce((a, b) => a * b, 1);
  if (blocks.length !== axes.length || !Number.isInteger(c)) throw unfitBlocks(name, x, blocks);
  const split = reshape(g, `${name}/split`, x, [batch, c, ...blocks, ...axes]);
  const order = axes.flatMap((_, i) => [2 + blocks.length + i, 2 + i]);
  const turned = transpose(g, `${name}/turned`, split, [0, 1, ...order]);
  const grown = axes.map((length, i): Dim => Number(length) * (blocks[i] ?? 1));
  return reshape(g, name, turned, [batch, c, ...grown]);
}

/** The transpose of a convolution over one axis: `[B, C, L]` by `[C, out, k]`, `(L − 1)·stride + k − 2·padding` long. */
export function convTranspose(
  g: Recorder,
  name: string,
  x: Value,
  { weight, bias, stride, padding = 0 }: TransposedConvolution,
): Value {
  const [batch = 1, channels = 1, length = 1] = x.shape.map(Number);
  const [from, out = 1, kernel = 1] = weight.shape.map(Number);
  const long = (length - 1) * stride + kernel - 2 * padding;
  if (from !== channels || x.shape.length !== 3 || !(long > 0)) throw unfit(name, x, { weight });
  const inputs = [x, weight, ...(bias ? [bias] : [])].map((v) => g.cast(v, g.options.compute));
  return g.node({
    ...{ name, op: 'ConvTranspose', inputs, shape: [batch, out, long] },
    attributes: {
      kernel_shape: { ints: [kernel] },
      pads: { ints: [padding, padding] },
      strides: { ints: [stride] },
    },
    heavy: true,
    work: [{ scale: 2, dims: [batch, length, channels, out, kernel] }],
  });
}

/** Values added at both ends of axes: the last ones once more (`edge`), or mirrored at them (`reflect`). */
export function pad(g: Recorder, name: string, x: Value, { mode, by }: Padding): Value {
  const ends = [...by.map(([before]) => before), ...by.map(([, after]) => after)];
  const pads = g.constant(`pads.${ends.join('.')}`, ends, [ends.length], 'int64');
  const shape = x.shape.map((length, i) => Number(length) + (by[i]?.[0] ?? 0) + (by[i]?.[1] ?? 0));
  return g.node({ name, op: 'Pad', inputs: [x, pads], shape, attributes: { mode: { string: mode } } });
}

/** Every value of the axes behind the channels as many times in a row as its factor says. */
export function upsampleNearest(g: Recorder, name: string, x: Value, factors: readonly number[]): Value {
  const scales = g.constant(
    `scales.${factors.join('.')}`,
    [1, 1, ...factors],
    [factors.length + 2],
    'float32',
  );
  const shape = x.shape.map((length, i) => Number(length) * (factors[i - 2] ?? 1));
  return g.node({
    ...{ name, op: 'Resize', inputs: [x, undefined, scales], shape },
    attributes: {
      mode: { string: 'nearest' },
      coordinate_transformation_mode: { string: 'asymmetric' },
      nearest_mode: { string: 'floor' },
    },
  });
}

function unfit(name: string, x: Value, { weight, padding = [], stride = [] }: Convolution): SkipstoneError {
  return new SkipstoneError({
    code: 'graph-shape',
    what: `graph: ${name} convolves what its kernel does not fit`,
    have: `${x.name} ${shapeText(x.shape)}, padding ${padding.join(', ') || 0}, stride ${stride.join(', ') || 1}`,
    need: `[B, C, …] of known lengths for [out, C, …kernel], here [${weight.shape.join(', ')}]`,
    do: 'check the channels in the model config, and give a padding and a stride for each axis of the kernel',
  });
}

function unfitBlocks(name: string, x: Value, blocks: readonly number[]): SkipstoneError {
  return new SkipstoneError({
    code: 'graph-shape',
    what: `graph: ${name} cannot spread its channels`,
    have: `${x.name} ${shapeText(x.shape)}`,
    need: `[B, C, …] with C a multiple of ${blocks.join('·')} and ${blocks.length} axes behind it`,
    do: 'give a block for each axis behind the channels, 1 where it stays',
  });
}
