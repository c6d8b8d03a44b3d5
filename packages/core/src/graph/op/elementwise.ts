import { SkipstoneError } from '../../error.js';
import type { Dim, Slice, Value } from '../../spec/pass.js';
import { broadcast, staticSize } from '../broadcast.js';
import { shapeText } from '../dim.js';
import type { Recorder } from '../recorder.js';

export function binary(
  g: Recorder,
  op: 'Add' | 'Mul' | 'Sub' | 'Div',
  name: string,
  a: Value,
  b: Value,
): Value {
  const [x = a, y = b] = g.coerce(a, b);
  return g.node({ name, op, inputs: [x, y], shape: broadcast(name, x, y) });
}

export function unary(
  g: Recorder,
  op: 'Cos' | 'Sin' | 'Sigmoid' | 'Sqrt' | 'Relu' | 'Tanh' | 'Exp' | 'Log',
  name: string,
  x: Value,
): Value {
  return g.node({ name, op, inputs: [x], shape: x.shape });
}

export function silu(g: Recorder, name: string, x: Value): Value {
  const gate = unary(g, 'Sigmoid', `${name}/sigmoid`, x);
  return g.node({ name, op: 'Mul', inputs: [x, gate], shape: x.shape });
}

export function leakyRelu(g: Recorder, name: string, x: Value, slope: number): Value {
  return g.node({
    name,
    op: 'LeakyRelu',
    inputs: [x],
    shape: x.shape,
    attributes: { alpha: { float: slope } },
  });
}

export function clamp(g: Recorder, name: string, x: Value, least: number, most: number): Value {
  const bound = (value: number): Value | undefined =>
    Number.isFinite(value) ? g.cast(g.constant(`bound.${value}`, [value], [], 'float32'), x.type) : undefined;
  return g.node({ name, op: 'Clip', inputs: [x, bound(least), bound(most)], shape: x.shape });
}

export function scale(g: Recorder, name: string, x: Value, by: number): Value {
  const factor = g.cast(g.constant(`number.${by}`, [by], [1], 'float32'), x.type);
  return g.node({ name, op: 'Mul', inputs: [x, factor], shape: x.shape });
}

/** Gelu by the error function, or by tanh: 0.5·x·(1 + tanh(√(2/π)·(x + 0.044715·x³))). */
export function gelu(g: Recorder, name: string, x: Value, form: 'tanh' | 'erf'): Value {
  const { shape } = x;
  if (!g.options.decompose.has('gelu')) {
    const approximate = { string: form === 'tanh' ? 'tanh' : 'none' };
    return g.node({ name, op: 'Gelu', inputs: [x], shape, attributes: { approximate } });
  }
  const inner = form === 'tanh' ? tanhArgument(g, name, x) : scale(g, `${name}/over-root2`, x, Math.SQRT1_2);
  const curve = g.node({
    name: `${name}/curve`,
    op: form === 'tanh' ? 'Tanh' : 'Erf',
    inputs: [inner],
    shape,
  });
  const half = scale(g, `${name}/half`, x, 0.5);
  const weighted = binary(g, 'Mul', `${name}/weighted`, half, curve);
  return binary(g, 'Add', name, half, weighted);
}

function tanhArgument(g: Recorder, name: string, x: Value): Value {
  const square = binary(g, 'Mul', `${name}/square`, x, x);
  const cube = binary(g, 'Mul', `${name}/cube`, square, x);
  const small = scale(g, `${name}/small`, cube, 0.044715);
  const sum = binary(g, 'Add', `${name}/sum`, x, small);
  return scale(g, `${name}/argument`, sum, Math.sqrt(2 / Math.PI));
}

export function concat(g: Recorder, name: string, values: readonly Value[], axis: number): Value {
  const inputs = g.coerce(...values);
  const [first] = inputs;
  const shape = (first?.shape ?? []).map((dim, i) =>
    i === axis
      ? staticSize(name, [inputs.reduce((sum, v) => sum + staticSize(name, [v.shape[i] ?? 0]), 0)])
      : dim,
  );
  return g.node({ name, op: 'Concat', inputs, shape, attributes: { axis: { int: axis } } });
}

/** Reshape; at most one axis may be symbolic, it is the one the runtime works out. */
export function reshape(g: Recorder, name: string, x: Value, shape: readonly Dim[]): Value {
  const to = shape.map((dim) => (typeof dim === 'number' ? dim : -1));
  if (to.filter((dim) => dim === -1).length > 1) throw manyUnknown(name, shape);
  const target = g.constant(`shape.${to.join('.')}`, to, [to.length], 'int64');
  return g.node({ name, op: 'Reshape', inputs: [x, target], shape });
}

function manyUnknown(name: string, shape: readonly Dim[]): SkipstoneError {
  return new SkipstoneError({
    code: 'graph-shape',
    what: `graph: ${name} reshapes to more than one axis of unknown length`,
    have: shapeText(shape),
    need: 'one named axis at most: the runtime works its length out',
    do: 'give the others as numbers',
  });
}

export function transpose(g: Recorder, name: string, x: Value, order: readonly number[]): Value {
  const shape = order.map((i) => x.shape[i] ?? 1);
  return g.node({ name, op: 'Transpose', inputs: [x], shape, attributes: { perm: { ints: order } } });
}

export function slice(g: Recorder, name: string, x: Value, { axis, from, to }: Slice): Value {
  const [start, end, axes] = [from, to, axis].map((v) => g.constant(`index.${v}.1`, [v], [1], 'int64'));
  const shape = x.shape.map((dim, i) => (i === axis ? to - from : dim));
  return g.node({ name, op: 'Slice', inputs: [x, start, end, axes], shape });
}

export function gatherRows(g: Recorder, name: string, x: Value, rows: Value): Value {
  const shape = [...rows.shape, ...x.shape.slice(1)];
  return g.node({ name, op: 'Gather', inputs: [x, rows], shape, attributes: { axis: { int: 0 } } });
}

export function matmul(g: Recorder, name: string, a: Value, b: Value): Value {
  const [x = a, y = b] = g.coerce(a, b);
  const shape = [...x.shape.slice(0, -1), y.shape[y.shape.length - 1] ?? 1];
  const work = [{ scale: 2, dims: [...x.shape, y.shape[y.shape.length - 1] ?? 1] }];
  return g.node({ name, op: 'MatMul', inputs: [x, y], shape, heavy: true, work });
}
