import { SkipstoneError } from '../error.js';
import { add, scaledAdd, sub } from '../kernel/elementwise.js';
import { dot, eachRow, mean, norm1, norm2, relativeL1, std } from '../kernel/reduce.js';
import { gather, scatter } from '../kernel/rows.js';
import { assertSameShape, shapeFault } from '../kernel/shape.js';
import { assertSameStreams, mapStreams, streamOf } from '../kernel/stream.js';
import type { Kernels } from '../spec/kernel.js';
import type { HostTensor, RowSet, Rows, Streams, Tensor } from '../spec/tensor.js';

/** The kernels over arrays in this very process: what tests compute with, and the model for a worker's. */
export interface HostKernels extends Kernels {
  /** Takes a host tensor in; its array must not change afterwards. */
  put(tensor: HostTensor): Tensor;
  get(tensor: Tensor): HostTensor;
  /** Forgets tensors; using one afterwards is an error. */
  free(...tensors: readonly Tensor[]): void;
  /** Tensors held now: a leak shows here. */
  readonly live: number;
}

/** What a stretch of two arrays comes to. */
type RowNumber = (a: Float32Array, b: Float32Array, from: number, to: number) => number;

export function hostKernels(): HostKernels {
  const held = new Map<number, HostTensor>();
  let ids = 0;

  const put = (tensor: HostTensor): Tensor => {
    const id = ++ids;
    held.set(id, tensor);
    return { id, type: tensor.type, shape: tensor.shape };
  };
  const get = (tensor: Tensor): HostTensor => {
    const found = held.get(tensor.id);
    if (found === undefined) throw gone(tensor);
    return found;
  };
  const floats = (kernel: string, tensor: Tensor): Float32Array => floatsOf(kernel, get(tensor));
  /** A new tensor of a shape, filled by a kernel. */
  const made = (shape: readonly number[], fill: (out: Float32Array) => void): Tensor => {
    const data = new Float32Array(shape.reduce((product, length) => product * length, 1));
    fill(data);
    return put({ type: 'float32', shape, data });
  };
  const pairwise = (kernel: string, fill: typeof add, a: Streams, b: Streams): Streams => {
    assertSameStreams(kernel, a, b);
    return mapStreams(a, (left, stream) => {
      const right = streamOf(kernel, b, stream);
      assertSameShape(kernel, left.shape, right.shape);
      return made(left.shape, (out) => fill(floats(kernel, left), floats(kernel, right), out));
    });
  };

  const rowwise = (kernel: string, a: Streams, b: Streams, of: RowNumber): Streams => {
    assertSameStreams(kernel, a, b);
    return mapStreams(a, (left, stream) => {
      const right = streamOf(kernel, b, stream);
      assertSameShape(kernel, left.shape, right.shape);
      const [rows = 0, ...row] = left.shape;
      const [x, y] = [floats(kernel, left), floats(kernel, right)];
      return made([rows, 1], (out) => eachRow(widthOf(row), out, (from, to) => of(x, y, from, to)));
    });
  };
  const rowNorm: Record<1 | 2, RowNumber> = {
    1: (x, _, from, to) => norm1(x, from, to),
    2: (x, _, from, to) => norm2(x, from, to),
  };

  return {
    put,
    get,
    free: (...tensors) => {
      for (const tensor of tensors) if (!held.delete(tensor.id)) throw gone(tensor);
    },
    get live() {
      return held.size;
    },
    add: (a, b) => pairwise('add', add, a, b),
    sub: (a, b) => pairwise('sub', sub, a, b),
    scaledAdd: (terms) => {
      const [first] = terms;
      if (first === undefined) throw shapeFault('scaledAdd', 'no terms', 'at least one term');
      for (const { of } of terms) assertSameStreams('scaledAdd', first.of, of);
      return mapStreams(first.of, ({ shape }, stream) => {
        const of = terms.map((term) => streamOf('scaledAdd', term.of, stream));
        for (const tensor of of) assertSameShape('scaledAdd', shape, tensor.shape);
        const arrays = of.map((tensor) => floats('scaledAdd', tensor));
        const scales = terms.map(({ scale }) => scale);
        return made(shape, (out) => scaledAdd(scales, arrays, out));
      });
    },
    relativeL1: async (before, now, stream = Object.keys(now)[0] ?? '') => {
      assertSameStreams('relativeL1', before, now);
      const [a, b] = [streamOf('relativeL1', before, stream), streamOf('relativeL1', now, stream)];
      assertSameShape('relativeL1', a.shape, b.shape);
      return relativeL1(floats('relativeL1', a), floats('relativeL1', b));
    },
    norm: async (a, order = 1, stream = Object.keys(a)[0] ?? '') =>
      (order === 1 ? norm1 : norm2)(floats('norm', streamOf('norm', a, stream))),
    dot: async (a, b, stream = Object.keys(a)[0] ?? '') => {
      assertSameStreams('dot', a, b);
      const [left, right] = [streamOf('dot', a, stream), streamOf('dot', b, stream)];
      assertSameShape('dot', left.shape, right.shape);
      return dot(floats('dot', left), floats('dot', right));
    },
    rowNorms: (a, order = 1) => rowwise('rowNorms', a, a, rowNorm[order]),
    rowDots: (a, b) => rowwise('rowDots', a, b, dot),
    mean: async (a) => mapStreams(a, (tensor) => mean(floats('mean', tensor))),
    std: async (a) => mapStreams(a, (tensor) => std(floats('std', tensor))),
    gather: (a, rows) => {
      assertSameStreams('gather', a, rows);
      return mapStreams(a, (tensor, stream) => {
        const chosen = streamOf<RowSet>('gather', rows, stream);
        if (chosen === 'all') return tensor;
        const [, ...row] = tensor.shape;
        return made([chosen.length, ...row], (out) =>
          gather(floats('gather', tensor), widthOf(row), chosen, out),
        );
      });
    },
    scatter: (into, rows: Rows, a) => {
      assertSameStreams('scatter', into, rows);
      assertSameStreams('scatter', into, a);
      return mapStreams(into, (whole, stream) => {
        const chosen = streamOf<RowSet>('scatter', rows, stream);
        const part = streamOf('scatter', a, stream);
        const [, ...row] = whole.shape;
        if (chosen === 'all') {
          assertSameShape('scatter', whole.shape, part.shape);
          return part;
        }
        assertSameShape('scatter', [chosen.length, ...row], part.shape);
        return made(whole.shape, (out) => {
          scatter(floats('scatter', whole), widthOf(row), chosen, floats('scatter', part), out);
        });
      });
    },
  };
}

function widthOf(row: readonly number[]): number {
  return row.reduce((product, length) => product * length, 1);
}

function floatsOf(kernel: string, tensor: HostTensor): Float32Array {
  if (tensor.data instanceof Float32Array) return tensor.data;
  throw new SkipstoneError({
    code: 'kernel-type',
    what: `${kernel}: a kernel of the loop computes with float32 only`,
    have: tensor.type,
    need: 'float32',
    do: 'convert the tensor before the loop',
  });
}

function gone(tensor: Tensor): SkipstoneError {
  return new SkipstoneError({
    code: 'kernel-tensor',
    what: `the tensor ${tensor.id} is not held`,
    have: `a handle of shape [${tensor.shape.join(', ')}] that was freed, or belongs to other kernels`,
    need: 'a tensor of these kernels, not yet freed',
    do: 'keep what must outlive a step in a token cache or a slot',
  });
}
