import { SkipstoneError } from '../../error.js';
import type { Attention, Value } from '../../spec/pass.js';
import { shapeText } from '../dim.js';
import type { Work } from '../node.js';
import type { Recorder } from '../recorder.js';
import { binary, concat, reshape, scale } from './elementwise.js';

/**
 * softmax(scale·q·kᵀ + bias)·v: q `[A, H·K]`, k and v `[M, H·K]` → `[A, H·K]`. Fused, the score matrix never exists
 * (at 32,760 tokens one head's would be 4 GiB); decomposed, it does.
 */
export function attention(g: Recorder, name: string, call: Attention): Value {
  const { q, heads, keyHeads = heads, scale, bias } = call;
  const width = headWidth(name, q, heads);
  const [k, v] = [call.k, call.v].map((x) => repeated(g, x, width, heads / keyHeads)) as [Value, Value];
  const [a, m] = [q.shape[0] ?? 1, k.shape[0] ?? 1];
  const work = [{ scale: 4, dims: [a, m, heads * width] }];
  if (g.options.decompose.has('attention')) return decomposed(g, name, { ...call, k, v, width, work });
  const batched: (Value | undefined)[] = [q, k, v].map((x) => withBatch(g, x));
  if (bias) batched.push(undefined, undefined, withBatch(g, bias));
  const out = g.node({
    name: `${name}/heads`,
    op: 'MultiHeadAttention',
    domain: 'com.microsoft',
    inputs: batched,
    shape: [1, a, heads * width],
    attributes: { num_heads: { int: heads }, ...(scale === undefined ? {} : { scale: { float: scale } }) },
    work,
  });
  return withoutBatch(g, name, out);
}

function decomposed(
  g: Recorder,
  name: string,
  call: Attention & { readonly width: number; readonly work: Work },
): Value {
  const { q, k, v, heads, width, work, scale: factor = 1 / Math.sqrt(width), bias } = call;
  const [a, m] = [q.shape[0] ?? 1, k.shape[0] ?? 1];
  const split = (x: Value, part: string, perm: readonly number[]): Value => {
    const rows = x.shape[0] ?? 1;
    const to = g.constant(`shape.-1.${heads}.${width}`, [-1, heads, width], [3], 'int64');
    const shape = [rows, heads, width];
    const apart = g.node({ name: `${name}/${part}.split`, op: 'Reshape', inputs: [x, to], shape });
    return g.node({
      name: `${name}/${part}`,
      op: 'Transpose',
      inputs: [apart],
      shape: perm.map((i) => shape[i] ?? 1),
      attributes: { perm: { ints: perm } },
    });
  };
  const scores = g.node({
    name: `${name}/scores`,
    op: 'MatMul',
    inputs: [split(q, 'q', [1, 0, 2]), split(k, 'k', [1, 2, 0])],
    shape: [heads, a, m],
    work,
  });
  const scaled = scale(g, `${name}/scaled`, scores, factor);
  const biased = bias ? binary(g, 'Add', `${name}/biased`, scaled, bias) : scaled;
  const weights = g.node({
    name: `${name}/weights`,
    op: 'Softmax',
    inputs: [biased],
    shape: scores.shape,
    attributes: { axis: { int: -1 } },
  });
  const shape = [heads, a, width];
  const mixed = g.node({
    name: `${name}/mixed`,
    op: 'MatMul',
    inputs: [weights, split(v, 'v', [1, 0, 2])],
    shape,
  });
  const back = g.node({
    name: `${name}/rows`,
    op: 'Transpose',
    inputs: [mixed],
    shape: [a, heads, width],
    attributes: { perm: { ints: [1, 0, 2] } },
  });
  const flat = g.constant(`shape.-1.${heads * width}`, [-1, heads * width], [2], 'int64');
  return g.node({ name, op: 'Reshape', inputs: [back, flat], shape: [a, heads * width] });
}

/** Every head of keys or values as many times in a row as heads of queries read it. */
function repeated(g: Recorder, x: Value, width: number, times: number): Value {
  if (times === 1) return x;
  const [rows = 1, own] = x.shape;
  const heads = Number(own) / width;
  const apart = reshape(g, `${x.name}/apart`, x, [rows, heads, 1, width]);
  const copies = concat(g, `${x.name}/copies`, new Array<Value>(times).fill(apart), 2);
  return reshape(g, `${x.name}/repeated`, copies, [rows, heads * times * width]);
}

/** The fused operators want a batch axis; it is a view, nothing is copied. */
export function withBatch(g: Recorder, x: Value): Value {
  const name = `${x.name}/batch`;
  const known = g.values.get(name);
  if (known) return known.value;
  const axes = g.constant('axes.0', [0], [1], 'int64');
  return g.node({ name, op: 'Unsqueeze', inputs: [x, axes], shape: [1, ...x.shape] });
}

export function withoutBatch(g: Recorder, name: string, x: Value): Value {
  const axes = g.constant('axes.0', [0], [1], 'int64');
  return g.node({ name, op: 'Squeeze', inputs: [x, axes], shape: x.shape.slice(1) });
}

export function headWidth(name: string, x: Value, heads: number): number {
  const width = x.shape[x.shape.length - 1];
  if (typeof width === 'number' && width % heads === 0) return width / heads;
  throw new SkipstoneError({
    code: 'graph-shape',
    what: `graph: ${name} cannot split its rows into heads`,
    have: `${shapeText(x.shape)} and ${heads} heads`,
    need: 'a width that the number of heads divides',
    do: 'check num_attention_heads in the model config',
  });
}
