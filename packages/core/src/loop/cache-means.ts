import type { Kernels } from '../spec/kernel.js';
import type { Streams } from '../spec/tensor.js';
import type { RowTensors } from './rows.js';
import type { TensorStore } from './store.js';

/** What every cache of a run works with. */
export interface CacheMeans {
  readonly store: TensorStore;
  readonly rowTensors: RowTensors;
  readonly kernels: Kernels;
  /** N of each stream. */
  readonly rows: Streams<number>;
}
