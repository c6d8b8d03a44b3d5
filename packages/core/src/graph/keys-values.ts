import type { Value } from '../spec/pass.js';
import type { ElementType } from '../spec/tensor.js';
import { knownWidth } from './op/expect.js';
import type { Recorder } from './recorder.js';

/** One cache `[N, width]`: port in, port out, the same buffer. */
export interface KeyValueCache {
  readonly name: string;
  readonly stream: string;
  readonly width: number;
  readonly type: ElementType;
  /** Number of nodes before it, as stations count them. */
  readonly position: number;
  readonly input: Value;
  readonly output: Value;
}

/** Computed rows of one value, to be kept among those of all. */
export interface KeptRows {
  readonly stream: string;
  readonly name: string;
  /** `[A, D]`. */
  readonly value: Value;
  /** `[A]`, int64. */
  readonly ids: Value;
}

/** Keeps rows in the form the options ask for: `all` is `[N, D]` in a type to compute with. */
export function keepRows(
  g: Recorder,
  rows: KeptRows,
): { readonly all: Value; readonly caches: readonly KeyValueCache[] } {
  const { value } = rows;
  const form = g.options.keysValues ?? 'float32';
  if (form === 'int8') return keepCodes(g, { ...rows, value: g.cast(value, 'float32') });
  const cache = scattered(g, { ...rows, value: g.cast(value, form) });
  return { all: cache.output, caches: [cache] };
}

/** Codes in −127…127 and a scale a row; both are scattered, and read back by one operator. */
function keepCodes(g: Recorder, rows: KeptRows) {
  const { name, value, stream } = rows;
  const a = value.shape[0] ?? 1;
  const last = g.constant('axes.1', [1], [1], 'int64');
  const step = (op: string, part: string, inputs: readonly Value[], attributes = {}): Value =>
    g.node({ name: `${name}/${part}`, op, inputs, shape: [a, 1], attributes });
  const size = g.node({ name: `${name}/size`, op: 'Abs', inputs: [value], shape: value.shape });
  const largest = step('ReduceMax', 'largest', [size, last], { keepdims: { int: 1 } });
  const part = step('Mul', 'part', [largest, g.constant('keys.part', [1 / 127], [1], 'float32')]);
  // A row of zeros has no scale of its own; what is smaller than this is kept as zero.
  const scale = step('Max', 'scale', [part, g.constant('keys.least', [1e-30], [1], 'float32')]);
  const flat = (of: Value, length: Value['shape'][number]): Value =>
    g.node({ name: `${of.name}/flat`, op: 'Squeeze', inputs: [of, last], shape: [length] });
  const codes = g.node({
    name: `${name}/codes`,
    op: 'QuantizeLinear',
    inputs: [value, flat(scale, a)],
    shape: value.shape,
    type: 'int8',
    attributes: { axis: { int: 0 }, output_dtype: { int: INT8 } },
  });
  const kept = scattered(g, { ...rows, name: `${name}.codes`, value: codes });
  const scales = scattered(g, { ...rows, name: `${name}.scales`, value: scale });
  const all = g.node({
    name: `${name}.all`,
    op: 'DequantizeLinear',
    inputs: [kept.output, flat(scales.output, `N.${stream}`)],
    shape: kept.output.shape,
    type: 'float32',
    attributes: { axis: { int: 0 } },
  });
  return { all, caches: [kept, scales] };
}

/** Computed rows overwrite theirs in `[N, D]`; the scatter is the only reader of the cache's input port. */
function scattered(g: Recorder, { stream, name, value, ids }: KeptRows): KeyValueCache {
  const width = knownWidth(name, value);
  const { type } = value;
  const shape = [`N.${stream}`, width];
  const input = g.input({ name: `${name}.cache`, type, shape }, 'pass', true);
  const axes = g.constant('axes.1', [1], [1], 'int64');
  const column = `rows.${stream}/column`;
  const index =
    g.values.get(column)?.value ??
    g.node({ name: column, op: 'Unsqueeze', inputs: [ids, axes], shape: [...ids.shape, 1] });
  const output = g.node({ name: `${name}.all`, op: 'ScatterND', inputs: [input, index, value], shape, type });
  return { name, stream, width, type, position: g.nodes.length, input, output };
}

/** TensorProto.DataType. */
const INT8 = 3;
