import { SkipstoneError } from '../../error.js';
import type { GroupNorm, LayerNorm, ModulatedNorm, Value } from '../../spec/pass.js';
import { shapeText } from '../dim.js';
import type { Recorder } from '../recorder.js';
import { binary, reshape } from './elementwise.js';
import { knownWidth } from './expect.js';
import { weight } from './linear.js';

/** Layer norm over the last axis; without a path it has no affine part (the operator needs a scale: ones). */
export function layerNorm(g: Recorder, name: string, x: Value, { eps, affine }: LayerNorm): Value {
  const width = knownWidth(name, x);
  const scale = affine ? weight(g, `${affine}.weight`, [width]) : ones(g, width);
  const bias = affine ? weight(g, `${affine}.bias`, [width]) : undefined;
  if (g.options.decompose.has('layerNorm')) return decomposedLayerNorm(g, name, x, eps, scale, bias);
  const input = g.cast(x, g.options.compute);
  return g.node({
    name,
    op: 'LayerNormalization',
    inputs: bias ? [input, scale, bias] : [input, scale],
    shape: x.shape,
    attributes: { axis: { int: -1 }, epsilon: { float: eps } },
  });
}

/**
 * norm(x)·(1 + scale) + shift. With one row of scale and shift they are the norm's own affine part, which
 * saves passes over the tokens; with a row a token they are applied after it.
 */
export function modulatedNorm(g: Recorder, name: string, x: Value, by: ModulatedNorm): Value {
  const { eps, kind } = by;
  const width = knownWidth(name, x);
  const one = g.constant('number.1', [1], [1], 'float32');
  const factor = binary(g, 'Add', `${name}/scale`, by.scale, one);
  const rms = kind === 'rms';
  if (by.scale.shape[0] !== 1 || g.options.decompose.has(rms ? 'rmsNorm' : 'layerNorm')) {
    const as = `${name}/normed`;
    const normed = rms ? plainRmsNorm(g, as, x, eps) : layerNorm(g, as, x, { eps });
    return binary(g, 'Add', name, binary(g, 'Mul', `${name}/scaled`, normed, factor), by.shift);
  }
  const flat = g.constant(`shape.${width}`, [width], [1], 'int64');
  const row = (value: Value, part: string): Value =>
    g.node({ name: `${name}/${part}`, op: 'Reshape', inputs: [value, flat], shape: [width] });
  const input = g.cast(x, g.options.compute);
  if (rms) {
    const scaled = rmsNode(g, `${name}/scaled`, input, g.cast(row(factor, 'scale.row'), input.type), eps);
    return binary(g, 'Add', name, scaled, by.shift);
  }
  const [scale, shift] = [row(factor, 'scale.row'), row(by.shift, 'shift.row')];
  const affine = [scale, shift].map((value) => g.cast(value, input.type));
  return g.node({
    name,
    op: 'LayerNormalization',
    inputs: [input, ...affine],
    shape: x.shape,
    attributes: { axis: { int: -1 }, epsilon: { float: eps } },
  });
}

/** x·rsqrt(mean(x²) + eps)·w over the last axis. */
export function rmsNorm(g: Recorder, path: string, x: Value, eps: number): Value {
  const scale = weight(g, `${path}.weight`, [knownWidth(path, x)]);
  return rmsNode(g, path, g.cast(x, g.options.compute), scale, eps, true);
}

/** The same without a weight. */
export function plainRmsNorm(g: Recorder, name: string, x: Value, eps: number): Value {
  return rmsNode(g, name, g.cast(x, g.options.compute), ones(g, knownWidth(name, x)), eps);
}

function rmsNode(g: Recorder, name: string, x: Value, scale: Value, eps: number, heavy = false): Value {
  const { shape } = x;
  if (g.options.decompose.has('rmsNorm')) {
    const normed = overRoot(g, name, x, meanSquare(g, name, x), eps);
    return g.node({ name, op: 'Mul', inputs: [normed, scale], shape, heavy });
  }
  return g.node({
    name,
    op: 'SimplifiedLayerNormalization',
    inputs: [x, scale],
    shape,
    attributes: { axis: { int: -1 }, epsilon: { float: eps }, stash_type: { int: 1 } },
    heavy,
  });
}

function decomposedLayerNorm(
  g: Recorder,
  name: string,
  x: Value,
  eps: number,
  scale: Value,
  bias: Value | undefined,
): Value {
  const input = g.cast(x, g.options.compute);
  const centre = mean(g, `${name}/mean`, input);
  const shape = x.shape;
  const centred = g.node({ name: `${name}/centred`, op: 'Sub', inputs: [input, centre], shape });
  const normed = overRoot(g, name, centred, meanSquare(g, name, centred), eps);
  const scaled = bias ? `${name}/scaled` : name;
  const product = g.node({ name: scaled, op: 'Mul', inputs: [normed, scale], shape });
  return bias ? g.node({ name, op: 'Add', inputs: [product, bias], shape }) : product;
}

function meanSquare(g: Recorder, name: string, x: Value): Value {
  const square = g.node({ name: `${name}/square`, op: 'Mul', inputs: [x, x], shape: x.shape });
  return mean(g, `${name}/mean-square`, square);
}

function overRoot(g: Recorder, name: string, x: Value, square: Value, eps: number): Value {
  const epsilon = g.cast(g.constant(`eps.${eps}`, [eps], [1], 'float32'), x.type);
  const { shape } = square;
  const sum = g.node({ name: `${name}/with-eps`, op: 'Add', inputs: [square, epsilon], shape });
  const root = g.node({ name: `${name}/root`, op: 'Sqrt', inputs: [sum], shape });
  return g.node({ name: `${name}/normed`, op: 'Div', inputs: [x, root], shape: x.shape });
}

/**
 * Group norm of `[B, C, …]` from parts. A group may have millions of values, too many to add up in float32 one after
 * the other: means are means of the means of planes (the last two axes).
 */
export function groupNorm(g: Recorder, path: string, x: Value, { groups, eps }: GroupNorm): Value {
  const channels = Number(x.shape[1]);
  const size = x.shape.reduce<number>((product, dim) => product * Number(dim), 1);
  const plane = x.shape.slice(-2).reduce<number>((product, dim) => product * Number(dim), 1);
  const rows = Number(x.shape[0]) * groups;
  const fits = x.shape.length > 3 && channels % groups === 0 && Number.isFinite(size);
  if (!fits) throw noGroups(path, x, groups);
  const planes = [rows, size / rows / plane, plane];
  const grouped = reshape(g, `${path}/groups`, g.cast(x, g.options.compute), planes);
  const meanOf = (name: string, value: Value): Value => mean(g, name, mean(g, `${name}/planes`, value, 2), 1);
  const centred = binary(g, 'Sub', `${path}/centred`, grouped, meanOf(`${path}/mean`, grouped));
  const square = binary(g, 'Mul', `${path}/square`, centred, centred);
  const normed = overRoot(g, path, centred, meanOf(`${path}/mean-square`, square), eps);
  const back = reshape(g, `${path}/channels`, normed, x.shape);
  const per = [channels, ...x.shape.slice(2).map(() => 1)];
  const [scale, shift] = ['weight', 'bias'].map((part) => weight(g, `${path}.${part}`, [channels], per));
  if (!scale || !shift) throw new TypeError('two weights were asked for');
  return binary(g, 'Add', path, binary(g, 'Mul', `${path}/scaled`, back, scale), shift);
}

function noGroups(path: string, x: Value, groups: number): SkipstoneError {
  return new SkipstoneError({
    code: 'graph-shape',
    what: `graph: ${path} norms what it cannot put into groups`,
    have: `${x.name} ${shapeText(x.shape)}`,
    need: `[B, C, …] of two axes or more of known lengths, C a multiple of ${groups}`,
    do: 'check the channels in the model config against the shapes in its checkpoint',
  });
}

/** Mean over the last axis, kept with length 1. */
export function mean(g: Recorder, name: string, x: Value, axis = -1): Value {
  const at = axis < 0 ? x.shape.length + axis : axis;
  const axes = g.constant(`axes.${at}`, [at], [1], 'int64');
  const shape = x.shape.map((dim, i) => (i === at ? 1 : dim));
  return g.node({ name, op: 'ReduceMean', inputs: [x, axes], shape, type: x.type });
}

function ones(g: Recorder, width: number): Value {
  const value = g.constant(`ones.${width}`, new Array<number>(width).fill(1), [width], 'float32');
  return g.cast(value, g.options.compute);
}
