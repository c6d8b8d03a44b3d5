import type { Rotary, Value } from '../../spec/pass.js';
import { times } from '../dim.js';
import type { Recorder } from '../recorder.js';
import { headWidth, withBatch, withoutBatch } from './attention.js';
import { gatherRows } from './elementwise.js';

/**
 * Rotates pairs of channels of every head: (a, b) → (a·cos − b·sin, a·sin + b·cos), the angles of a row
 * being row `positions[i]` of the tables `[N, K/2]`, or `[N, H·K/2]` where each head has its own. One position
 * `[1]` means an offset: rows in order.
 */
export function rotary(g: Recorder, name: string, x: Value, by: Rotary): Value {
  const { heads, pairs = 'adjacent' } = by;
  const width = headWidth(name, x, heads);
  if (heads > 1 && by.cos.shape[1] === (heads * width) / 2) {
    return pairs === 'adjacent'
      ? rotary(g, name, x, { ...by, heads: 1 })
      : rotaryByHead(g, name, x, by, width);
  }
  const cos = g.cast(by.cos, x.type);
  const sin = g.cast(by.sin, x.type);
  if (g.options.decompose.has('rotary'))
    return decomposedRotary(g, name, x, { ...by, cos, sin, pairs }, width);
  const offset = by.positions.shape[0] === 1;
  const positions = offset ? by.positions : withBatch(g, by.positions);
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
function rotaryByHead(g: Recorder, name: string, x: Value, tables: Rotary, width: number): Value {
  const { heads } = tables;
  const apart = (value: Value, part: string, columns: number): Value => {
    const known = g.values.get(part);
    if (known) return known.value;
    const to = g.constant(`shape.-1.${columns}`, [-1, columns], [2], 'int64');
    const shape = [times(value.shape[0] ?? 1, heads), columns];
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
  const turned = rotary(g, `${name}/turned`, flat, { positions, cos, sin, heads: 1, pairs: 'halves' });
  const back = g.constant(`shape.-1.${heads * width}`, [-1, heads * width], [2], 'int64');
  return g.node({ name, op: 'Reshape', inputs: [turned, back], shape: x.shape });
}

function decomposedRotary(g: Recorder, name: string, x: Value, tables: Rotary, width: number): Value {
  const { heads, pairs: form } = tables;
  const rows = x.shape[0] ?? 1;
  const half = width / 2;
  // The axis of length 2 that a pair lies along.
  const axis = form === 'adjacent' ? 3 : 2;
  const apartShape = form === 'adjacent' ? [heads, half, 2] : [heads, 2, half];
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
  const product = (u: Value, v: Value, part: string) =>
    g.node({ name: `${name}/${part}`, op: 'Mul', inputs: [u, v], shape });
  const first = g.node({
    name: `${name}/first`,
    op: 'Sub',
    inputs: [product(a, cos, 'a.cos'), product(b, sin, 'b.sin')],
    shape,
  });
  const second = g.node({
    name: `${name}/second`,
    op: 'Add',
    inputs: [product(a, sin, 'a.sin'), product(b, cos, 'b.cos')],
    shape,
  });
  const axes = g.constant(`axes.${axis}`, [axis], [1], 'int64');
  const withOne = form === 'adjacent' ? [...shape, 1] : [rows, heads, 1, half];
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
