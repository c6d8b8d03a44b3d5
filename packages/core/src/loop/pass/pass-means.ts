import type { PhasePlan } from '../../plan/plan.js';
import type { ClockRows, Grid } from '../../spec/model.js';
import type { HostTensor, Rows, Streams, Tensor } from '../../spec/tensor.js';
import type { RowTensors } from '../memory/rows.js';
import type { TensorStore } from '../memory/store.js';
import type { SessionSet } from './session-set.js';

/** What the passes of a phase share. */
export interface PassMeans {
  readonly phase: PhasePlan;
  readonly grid: Grid;
  readonly store: TensorStore;
  readonly rowTensors: RowTensors;
  readonly sessions: SessionSet;
  /** Encoded text by key, then by port. */
  readonly conditions: Readonly<Record<string, Readonly<Record<string, HostTensor>>>>;
}

/** Everything that tells one pass from another. */
export interface PassCall {
  readonly step: number;
  readonly branch: string;
  readonly rows: Rows;
  /** Latents of the computed rows, `[A, P]`. */
  readonly latents: Streams;
  readonly clocks: Readonly<Record<string, ClockRows>>;
}

/** Values of a pass by name. */
export type Env = Map<string, Tensor>;
