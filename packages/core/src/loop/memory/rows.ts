import type { Kernels } from '../../spec/kernel.js';
import type { RowSet, Rows, Streams, Tensor } from '../../spec/tensor.js';
import type { TensorStore } from './store.js';

/** Number of rows a set has in a stream of N. */
export const countRows = (rows: RowSet | undefined, all: number): number =>
  rows === undefined || rows === 'all' ? all : rows.length;

/** Every row of every stream. */
export const allRowsOf = (streams: Iterable<string>): Rows =>
  Object.fromEntries([...streams].map((name) => [name, 'all' as const]));

/** True where a set is every row: named so, or listed. */
export const isAll = (rows: RowSet | undefined, all: number): boolean =>
  rows === undefined || rows === 'all' || (rows.length === all && rows.every((row, i) => row === i));

/** Row ids as tensors, made once per set and step; those of all rows once per run. */
export class RowTensors {
  private made = new Map<Int32Array, Tensor>();
  private readonly every = new Map<number, Tensor>();

  constructor(private readonly store: TensorStore) {}

  /** Ids `[A]`, int64. */
  ids(rows: RowSet, all: number): Tensor {
    if (rows === 'all') return this.everyRow(all);
    const known = this.made.get(rows);
    if (known) return known;
    const tensor = this.store.put(idTensor(rows));
    this.made.set(rows, tensor);
    return tensor;
  }

  endStep(): void {
    this.made = new Map();
  }

  close(): void {
    for (const tensor of this.every.values()) this.store.release(tensor);
    this.every.clear();
  }

  private everyRow(all: number): Tensor {
    const known = this.every.get(all);
    if (known) return known;
    const tensor = this.store.put(idTensor(Int32Array.from({ length: all }, (_, i) => i)));
    this.store.retain(tensor);
    this.every.set(all, tensor);
    return tensor;
  }
}

function idTensor(rows: Int32Array) {
  const data = BigInt64Array.from(rows, BigInt);
  return { type: 'int64' as const, shape: [rows.length], data };
}

/** Ascending, no repeats, inside the stream: what every kernel and graph may rely on. */
export function checkRows(rows: Rows, all: Streams<number>): string | undefined {
  for (const [stream, set] of Object.entries(rows)) {
    const count = all[stream];
    if (count === undefined) return `no stream is named ${stream}`;
    if (set === 'all') continue;
    for (let i = 0; i < set.length; i++) {
      const row = set[i] ?? -1;
      if (row < 0 || row >= count) return `row ${row} of ${stream}, which has ${count}`;
      if (i > 0 && row <= (set[i - 1] ?? -1)) return `rows of ${stream} are not ascending at ${row}`;
    }
  }
  return undefined;
}

/** What every cache of a run works with. */
export interface CacheMeans {
  readonly store: TensorStore;
  readonly rowTensors: RowTensors;
  readonly kernels: Kernels;
  /** N of each stream. */
  readonly rows: Streams<number>;
}
