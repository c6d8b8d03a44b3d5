import { SkipstoneError } from '../../error.js';
import type { Value } from '../../spec/pass.js';
import type { Recorder } from '../recorder.js';
import { gatherRows } from './elementwise.js';

/**
 * softmax(q·kᵀ/√K)·v: q `[A, H·K]`, k and v `[M, H·K]` → `[A, H·K]`. Fused, the score matrix never exists
 * (at 32,760 tokens one head's would be 4 GiB); decomposed, it does.
 */
export function attention(g: Recorder, name: string, q: Value, k: Value, v: Value, heads: number): Value {
  const width = headWidth(name, q, heads);
  const [a, m] = [q.shape[0] ?? 1, k.shape[0] ?? 1];
  const work = [{ scale: 4, dims: [a, m, heads * width] }];
  if (g.options.decompose.has('attention')) return decomposed(g, name, { q, k, v, heads, width, work });
  const batched = [q, k, v].map((x) => withBatch(g, x));
  const out = g.node({
    name: `${name}/heads`,
    op: 'MultiHeadAttention',
    domain: 'com.microsoft',
    inputs: batched,
    shape: [1, a, heads * width],
    attributes: { num_heads: { int: heads } },
    work,
  });
  return withoutBatch(g, name, out);
}

interface Attention {
  readonly q: Value;
  readonly k: Value;
  readonly v: Value;
  readonly heads: number;
  readonly width: number;
  readonly work: readonly { scale: number; dims: (number | string)[] }[];
}

function decomposed(g: Recorder, name: string, call: Attention): Value {
  const { q, k, v, heads, width, work } = call;
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
  const by = g.cast(g.constant(`scale.${width}`, [1 / Math.sqrt(width)], [1], 'float32'), scores.type);
  const scaled = g.node({ name: `${name}/scaled`, op: 'Mul', inputs: [scores, by], shape: scores.shape });
  const weights = g.node({
    name: `${name}/weights`,
    op: 'Softmax',
    inputs: [scaled],
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

/** Which channels of a head turn together: 2k and 2k + 1, or k and k + K/2. */
export type RotaryPairs = 'adjacent' | 'halves';

/**
 * Rotates pairs of channels of every head: (a, b) → (a·cos − b·sin, a·sin + b·cos), the angles of a row
 * being row `positions[i]` of the tables `[N, K/2]`, or `[N, H·K/2]` where each head has its own. One position
 * `[1]` means an offset: rows in order.
 */
export function rotary(
  g: Recorder,
  name: string,
  x: Value,
  tables: { readonly positions: Value; readonly cos: Value; readonly sin: Value },
  heads: number,
  pairs: RotaryPairs = 'adjacent',
): Value {
  const width = headWidth(name, x, heads);
  if (heads > 1 && tables.cos.shape[1] === (heads * width) / 2) {
    return pairs === 'adjacent'
      ? rotary(g, name, x, tables, 1, pairs)
      : rotaryByHead(g, name, x, tables, { heads, width });
  }
  const cos = g.cast(tables.cos, x.type);
  const sin = g.cast(tables.sin, x.type);
  if (g.options.decompose.has('rotary')) {
    return decomposedRotary(g, name, x, { ...tables, cos, sin }, { heads, width, pairs });
  }
  const offset = tables.positions.shape[0] === 1;
  const positions = offset ? tables.positions : withBatch(g, tables.positions);
  const out = g.node({
    name: `${name}/heads`,
    op: 'RotaryEmbedding',
    domain: 'com.microsoft',
    inputs: [withBatch(g, x), positions, cos, sin],
    shape: [1, ...x.shape],
    attributes: { interleaved: { int: pairs === 'adjacent' ? 1 : 0 } },
  });
  return withoutBatch(g, name, out);
}

/** Angles of its own for each head: a row a head, `[A·H, K]`, each turned as a token of one head. */
function rotaryByHead(
  g: Recorder,
  name: string,
  x: Value,
  tables: { readonly positions: Value; readonly cos: Value; readonly sin: Value },
  { heads, width }: { readonly heads: number; readonly width: number },
): Value {
  const apart = (value: Value, part: string, columns: number): Value => {
    const known = g.values.get(part);
    if (known) return known.value;
    const to = g.constant(`shape.-1.${columns}`, [-1, columns], [2], 'int64');
    const shape = [`${value.shape[0]}·${heads}`, columns];
    return g.node({ name: part, op: 'Reshape', inputs: [value, to], shape });
  };
  // Tables of all rows in order are a view; those of some rows are gathered once for all blocks.
  const own = (table: Value): Value => {
    const { positions } = tables;
    if (positions.shape[0] === 1) return apart(table, `${table.name}/heads`, width / 2);
    const part = `${table.name}/${positions.name}`;
    const rows = g.values.get(part)?.value ?? gatherRows(g, part, table, positions);
    return apart(rows, `${part}/heads`, width / 2);
  };
  const positions = g.constant('positions.offset', [0], [1], 'int64');
  const flat = apart(x, `${name}/by-head`, width);
  const [cos, sin] = [own(tables.cos), own(tables.sin)];
  const turned = rotary(g, `${name}/turned`, flat, { positions, cos, sin }, 1, 'halves');
  const back = g.constant(`shape.-1.${heads * width}`, [-1, heads * width], [2], 'int64');
  return g.node({ name, op: 'Reshape', inputs: [turned, back], shape: x.shape });
}

function decomposedRotary(
  g: Recorder,
  name: string,
  x: Value,
  tables: { readonly positions: Value; readonly cos: Value; readonly sin: Value },
  form: { readonly heads: number; readonly width: number; readonly pairs: RotaryPairs },
): Value {
  const { heads, width } = form;
  const rows = x.shape[0] ?? 1;
  const half = width / 2;
  // The axis of length 2 that a pair lies along.
  const axis = form.pairs === 'adjacent' ? 3 : 2;
  const apartShape = form.pairs === 'adjacent' ? [heads, half, 2] : [heads, 2, half];
  const all = tables.positions.shape[0] === 1;
  const angle = (table: Value, part: string): Value => {
    const own = all
      ? table
      : g.node({
          name: `${name}/${part}.rows`,
          op: 'Gather',
          inputs: [table, tables.positions],
          shape: [rows, half],
        });
    const to = g.constant(`shape.-1.1.${half}`, [-1, 1, half], [3], 'int64');
    return g.node({ name: `${name}/${part}`, op: 'Reshape', inputs: [own, to], shape: [rows, 1, half] });
  };
  const [cos, sin] = [angle(tables.cos, 'cos'), angle(tables.sin, 'sin')];
  const to = g.constant(`shape.-1.${apartShape.join('.')}`, [-1, ...apartShape], [4], 'int64');
  const pairs = g.node({
    name: `${name}/pairs`,
    op: 'Reshape',
    inputs: [x, to],
    shape: [rows, ...apartShape],
  });
  const side = (index: number): Value => {
    const at = g.constant(`index.${index}`, [index], [], 'int64');
    return g.node({
      name: `${name}/side.${index}`,
      op: 'Gather',
      inputs: [pairs, at],
      shape: [rows, heads, half],
      attributes: { axis: { int: axis } },
    });
  };
  const [a, b] = [side(0), side(1)];
  const shape = [rows, heads, half];
  const times = (u: Value, v: Value, part: string) =>
    g.node({ name: `${name}/${part}`, op: 'Mul', inputs: [u, v], shape });
  const first = g.node({
    name: `${name}/first`,
    op: 'Sub',
    inputs: [times(a, cos, 'a.cos'), times(b, sin, 'b.sin')],
    shape,
  });
  const second = g.node({
    name: `${name}/second`,
    op: 'Add',
    inputs: [times(a, sin, 'a.sin'), times(b, cos, 'b.cos')],
    shape,
  });
  const axes = g.constant(`axes.${axis}`, [axis], [1], 'int64');
  const withOne = form.pairs === 'adjacent' ? [...shape, 1] : [rows, heads, 1, half];
  const apart = [first, second].map((v, i) =>
    g.node({ name: `${name}/apart.${i}`, op: 'Unsqueeze', inputs: [v, axes], shape: withOne }),
  );
  const joined = g.node({
    name: `${name}/joined`,
    op: 'Concat',
    inputs: apart,
    shape: [rows, ...apartShape],
    attributes: { axis: { int: axis } },
  });
  const flat = g.constant(`shape.-1.${heads * width}`, [-1, heads * width], [2], 'int64');
  return g.node({ name, op: 'Reshape', inputs: [joined, flat], shape: x.shape });
}

/** The fused operators want a batch axis; it is a view, nothing is copied. */
function withBatch(g: Recorder, x: Value): Value {
  const name = `${x.name}/batch`;
  const known = g.values.get(name);
  if (known) return known.value;
  const axes = g.constant('axes.0', [0], [1], 'int64');
  return g.node({ name, op: 'Unsqueeze', inputs: [x, axes], shape: [1, ...x.shape] });
}

function withoutBatch(g: Recorder, name: string, x: Value): Value {
  const axes = g.constant('axes.0', [0], [1], 'int64');
  return g.node({ name, op: 'Squeeze', inputs: [x, axes], shape: x.shape.slice(1) });
}

function headWidth(name: string, x: Value, heads: number): number {
  const width = x.shape[x.shape.length - 1];
  if (typeof width === 'number' && width % heads === 0) return width / heads;
  throw new SkipstoneError({
    code: 'graph-shape',
    what: `graph: ${name} cannot split its rows into heads`,
    have: `[${x.shape.join(', ')}] and ${heads} heads`,
    need: 'a width that the number of heads divides',
    do: 'check num_attention_heads in the model config',
  });
}
