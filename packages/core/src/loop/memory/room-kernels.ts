import type { KernelName, ReductionName, RowReductionName } from '../../kernel/name.js';
import { assertSameShape, shapeFault } from '../../kernel/shape.js';
import { assertSameStreams, mapStreams, streamOf } from '../../kernel/stream.js';
import type { Kernels, ScaledTerm } from '../../spec/kernel.js';
import type { RowSet, Streams, Tensor } from '../../spec/tensor.js';
import { countRows, isAll, type RowTensors } from './rows.js';
import { isVirtual, type TensorStore, virtualError } from './store.js';

/** The kernels of a run: shapes are checked here, arithmetic happens in the room, in order. */
export function roomKernels(store: TensorStore, rowTensors: RowTensors, all: Streams<number>): Kernels {
  const scaledAdd = (terms: readonly ScaledTerm[]): Streams => {
    const [first] = terms;
    if (!first) throw shapeFault('scaledAdd', 'no terms', 'at least one term');
    for (const { of } of terms) assertSameStreams('scaledAdd', first.of, of);
    return mapStreams(first.of, (_, stream) => {
      const inputs = terms.map((term) => pick(term.of, stream, 'scaledAdd'));
      sameShapes('scaledAdd', inputs);
      return result(
        'scaledAdd',
        inputs,
        terms.map((term) => term.scale),
        inputs[0]?.shape ?? [],
      );
    });
  };
  const result = (
    name: KernelName,
    inputs: readonly Tensor[],
    scales: readonly number[],
    shape: readonly number[],
  ) => {
    const out = store.make('float32', shape);
    const ids = inputs.map((tensor) => tensor.id);
    store.room.post({ op: 'kernel', kernel: { name, inputs: ids, scales, out: { id: out.id, shape } } });
    return out;
  };
  const reduce = (name: ReductionName, inputs: readonly Tensor[]): Promise<number> => {
    sameShapes(name, inputs);
    return store.room.reduce({ name, inputs: inputs.map((tensor) => tensor.id), scales: [] });
  };
  /** One stream of each operand; all have the same streams. */
  const operands = (name: string, stream: string, of: readonly Streams[]): readonly Tensor[] => {
    for (const other of of.slice(1)) assertSameStreams(name, of[0] ?? {}, other);
    return of.map((streams) => pick(streams, stream, name));
  };
  const reduceEach = async (name: ReductionName, a: Streams): Promise<Streams<number>> => {
    const entries = Object.keys(a).map(async (stream) => [
      stream,
      await reduce(name, [pick(a, stream, name)]),
    ]);
    return Object.fromEntries(await Promise.all(entries));
  };
  const reduceRows = (name: RowReductionName, ...of: readonly Streams[]): Streams =>
    mapStreams(of[0] ?? {}, (_, stream) => {
      const inputs = operands(name, stream, of);
      sameShapes(name, inputs);
      return result(name, inputs, [], [inputs[0]?.shape[0] ?? 0, 1]);
    });
  return {
    scaledAdd,
    add: (a, b) =>
      scaledAdd([
        { scale: 1, of: a },
        { scale: 1, of: b },
      ]),
    sub: (a, b) =>
      scaledAdd([
        { scale: 1, of: a },
        { scale: -1, of: b },
      ]),
    relativeL1: (before, now, stream = firstOf(now)) =>
      reduce('relativeL1', operands('relativeL1', stream, [before, now])),
    norm: (a, order = 1, stream = firstOf(a)) => reduce(`norm${order}`, operands('norm', stream, [a])),
    dot: (a, b, stream = firstOf(a)) => reduce('dot', operands('dot', stream, [a, b])),
    rowNorms: (a, order = 1) => reduceRows(`rowNorm${order}`, a),
    rowDots: (a, b) => reduceRows('rowDot', a, b),
    mean: (a) => reduceEach('mean', a),
    std: (a) => reduceEach('std', a),
    gather: (a, rows) =>
      mapStreams(a, (tensor, stream) => {
        const set: RowSet = rows[stream] ?? 'all';
        const x = pick(a, stream, 'gather');
        if (isAll(set, all[stream] ?? 0)) return tensor;
        expectRows('gather', stream, x, all[stream] ?? 0);
        const shape = [set.length, ...x.shape.slice(1)];
        return result('gather', [x, rowTensors.ids(set, all[stream] ?? 0)], [], shape);
      }),
    scatter: (into, rows, a) => {
      assertSameStreams('scatter', into, a);
      return mapStreams(into, (_, stream) => {
        const set: RowSet = rows[stream] ?? 'all';
        const [whole, part] = [pick(into, stream, 'scatter'), pick(a, stream, 'scatter')];
        const count = countRows(set, whole.shape[0] ?? 0);
        assertSameShape('scatter', [count, ...whole.shape.slice(1)], part.shape);
        if (set === 'all') return part;
        expectRows('scatter', stream, whole, all[stream] ?? 0);
        return result('scatter', [whole, rowTensors.ids(set, all[stream] ?? 0), part], [], whole.shape);
      });
    },
  };
}

const firstOf = (streams: Streams): string => Object.keys(streams)[0] ?? '';

function pick(streams: Streams, stream: string, kernel: string): Tensor {
  const tensor = streamOf(kernel, streams, stream);
  if (isVirtual(tensor)) throw virtualError(tensor);
  return tensor;
}

function sameShapes(kernel: string, tensors: readonly Tensor[]): void {
  for (const tensor of tensors.slice(1)) assertSameShape(kernel, tensors[0]?.shape ?? [], tensor.shape);
}

function expectRows(kernel: string, stream: string, tensor: Tensor, rows: number): void {
  if (tensor.shape[0] === rows) return;
  throw shapeFault(kernel, `[${tensor.shape.join(', ')}] of stream ${stream}`, `${rows} rows`);
}
