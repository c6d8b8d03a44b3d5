import type { Graph, Node, Port } from '../graph/node.js';
import type { KernelName } from './name.js';

/*
 * Kernel card: the ONNX forms, for tensors that live on a device
 *   x0, x1 …  float32 [r, c];  scales float32 [k];  rows int64 [A]
 *   y         float32 [r, c], [A, c], [1] for reductions, or [r, 1] for those of rows
 *   float32 throughout: scales are rounded once, sums are the device's own; relativeL1 of 0/0 is 0
 *   checked by onnx-form.test.ts against the float64 reference
 */

/** The graph of a kernel; `terms`: how many tensors a `scaledAdd` adds. */
export function kernelGraph(name: KernelName, terms: number): Graph {
  const form = FORMS[name];
  return { name: `kernel.${name}`, initializers: [], ...form(terms) };
}

type Form = Pick<Graph, 'inputs' | 'outputs' | 'nodes'>;

const FORMS = {
  scaledAdd: (terms) => {
    const nodes: Node[] = [];
    for (let i = 0; i < terms; i++) {
      nodes.push(node('Gather', ['scales', `i${i}`], `s${i}`), node('Mul', [`x${i}`, `s${i}`], `t${i}`));
    }
    const parts = Array.from({ length: terms }, (_, i) => `t${i}`);
    const indices = parts.map((_, i) => constant(`i${i}`, i));
    const inputs = [...parts.map((_, i) => matrix(`x${i}`)), vector('scales', 'k')];
    return { inputs, outputs: [matrix('y')], nodes: [...indices, ...nodes, node('Sum', parts, 'y')] };
  },
  relativeL1: () => ({
    inputs: [matrix('x0'), matrix('x1')],
    outputs: [vector('y', 1)],
    nodes: [
      node('Sub', ['x1', 'x0'], 'd'),
      node('Abs', ['d'], 'da'),
      node('Abs', ['x1'], 'xa'),
      total('da', 'ds'),
      total('xa', 'xs'),
      node('Div', ['ds', 'xs'], 'ratio'),
      node('Add', ['ds', 'xs'], 'both'),
      node('Constant', [], 'zero', { value_float: { float: 0 } }),
      node('Equal', ['both', 'zero'], 'nothing'),
      node('Where', ['nothing', 'zero', 'ratio'], 'q'),
      oneShape,
      flat('q', 'y'),
    ],
  }),
  norm1: () => ({
    inputs: [matrix('x0')],
    outputs: [vector('y', 1)],
    nodes: [node('Abs', ['x0'], 'a'), total('a', 's'), oneShape, flat('s', 'y')],
  }),
  norm2: () => ({
    inputs: [matrix('x0')],
    outputs: [vector('y', 1)],
    nodes: [
      node('Mul', ['x0', 'x0'], 'a'),
      total('a', 's'),
      node('Sqrt', ['s'], 'r'),
      oneShape,
      flat('r', 'y'),
    ],
  }),
  dot: () => ({
    inputs: [matrix('x0'), matrix('x1')],
    outputs: [vector('y', 1)],
    nodes: [node('Mul', ['x0', 'x1'], 'a'), total('a', 's'), oneShape, flat('s', 'y')],
  }),
  rowNorm1: () => ({
    inputs: [matrix('x0')],
    outputs: [column('y')],
    nodes: [node('Abs', ['x0'], 'a'), secondAxis, rowTotal('a', 'y')],
  }),
  rowNorm2: () => ({
    inputs: [matrix('x0')],
    outputs: [column('y')],
    nodes: [node('Mul', ['x0', 'x0'], 'a'), secondAxis, rowTotal('a', 's'), node('Sqrt', ['s'], 'y')],
  }),
  rowDot: () => ({
    inputs: [matrix('x0'), matrix('x1')],
    outputs: [column('y')],
    nodes: [node('Mul', ['x0', 'x1'], 'a'), secondAxis, rowTotal('a', 'y')],
  }),
  mean: () => ({
    inputs: [matrix('x0')],
    outputs: [vector('y', 1)],
    nodes: [node('ReduceMean', ['x0'], 'm', { keepdims: { int: 1 } }), oneShape, flat('m', 'y')],
  }),
  std: () => ({
    inputs: [matrix('x0')],
    outputs: [vector('y', 1)],
    nodes: [
      node('ReduceMean', ['x0'], 'm', { keepdims: { int: 1 } }),
      node('Sub', ['x0', 'm'], 'd'),
      node('Mul', ['d', 'd'], 'dd'),
      total('dd', 's'),
      node('Size', ['x0'], 'n64'),
      node('Cast', ['n64'], 'n', { to: { int: FLOAT32 } }),
      constant('one64', 1),
      node('Cast', ['one64'], 'one', { to: { int: FLOAT32 } }),
      node('Sub', ['n', 'one'], 'n1'),
      node('Div', ['s', 'n1'], 'v'),
      node('Sqrt', ['v'], 'r'),
      oneShape,
      flat('r', 'y'),
    ],
  }),
  gather: () => ({
    inputs: [matrix('x0'), rowIds],
    outputs: [{ name: 'y', type: 'float32', shape: ['A', 'c'] }],
    nodes: [node('Gather', ['x0', 'rows'], 'y', { axis: { int: 0 } })],
  }),
  scatter: () => ({
    inputs: [matrix('x0'), rowIds, { name: 'x1', type: 'float32', shape: ['A', 'c'] }],
    outputs: [matrix('y')],
    nodes: [
      columnShape,
      node('Reshape', ['rows', 'column'], 'at'),
      node('ScatterND', ['x0', 'at', 'x1'], 'y'),
    ],
  }),
} as const satisfies Record<KernelName, (terms: number) => Form>;

const FLOAT32 = 1;
const matrix = (name: string): Port => ({ name, type: 'float32', shape: ['r', 'c'] });
const column = (name: string): Port => ({ name, type: 'float32', shape: ['r', 1] });
const vector = (name: string, length: string | number): Port => ({ name, type: 'float32', shape: [length] });
const rowIds: Port = { name: 'rows', type: 'int64', shape: ['A'] };

function node(op: string, inputs: readonly string[], out: string, attributes: Node['attributes'] = {}): Node {
  return { name: out, op, domain: '', inputs, outputs: [out], attributes };
}

const total = (from: string, to: string): Node => node('ReduceSum', [from], to, { keepdims: { int: 1 } });
const rowTotal = (from: string, to: string): Node =>
  node('ReduceSum', [from, 'axes'], to, { keepdims: { int: 1 } });
const secondAxis: Node = node('Constant', [], 'axes', { value_ints: { ints: [1] } });
const constant = (name: string, value: number): Node =>
  node('Constant', [], name, { value_int: { int: value } });
const columnShape: Node = node('Constant', [], 'column', { value_ints: { ints: [-1, 1] } });
const oneShape: Node = node('Constant', [], 'one.shape', { value_ints: { ints: [1] } });
const flat = (from: string, to: string): Node => node('Reshape', [from, 'one.shape'], to);
