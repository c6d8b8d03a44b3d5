import type { Kernels } from './kernel.js';
import type { Json, Streams, Widened } from './tensor.js';

/**
 * A sampler integrates latents from one noise level to the next. It is told `from` and `to`, never a step
 * index, so that any subset of rows can run on any sub-grid of the schedule: the caller gathers the rows,
 * keeps one `history` per group, and scatters the result.
 *
 * σ is the noise level in flow matching's sense: x_σ = (1 − σ)·x0 + σ·noise, σ in [0, 1], and the model
 * predicts v = noise − x0. Scalars are float64, tensors float32.
 */
export interface Sampler {
  readonly name: string;
  /**
   * How many past predictions a step reads. 0: a step depends on `x`, `v`, `from` and `to` alone, so every
   * row may take any step. 1 or more (multistep): rows of one history must share one grid, known ahead;
   * the plan refuses plugins that cannot say a token's next step.
   */
  readonly memory: number;
  /**
   * A step also corrects the sample where it stands, so that one between equal noise levels, which others leave out, is
   * taken. Only the last of a grid may be one.
   */
  readonly corrects?: boolean;
  /**
   * Where steps add fresh noise: the seed that it is made of, 0 to 2^53 − 1. The plan refuses plugins that compute
   * some rows: velocities that are kept know nothing of noise added since.
   */
  readonly seed?: number;
  /** A fresh history, to be given to every step of one group of rows. */
  history(keep: Keep): SamplerHistory;
  /** Latents at `to`. Does not change `x` or `v`. */
  step(call: SamplerCall): Streams;
}

export interface SamplerCall {
  readonly x: Streams;
  /** The guided velocity at `from`. */
  readonly v: Streams;
  readonly from: number;
  readonly to: number;
  /** Steps that follow this one on its grid: 0 for the last. Multistep samplers lower their order towards the end. */
  readonly left: number;
  readonly history: SamplerHistory;
  readonly kernels: Kernels;
  /** For a sampler with a seed: standard normal numbers in the shape of `x`, of seed, step and row alone. */
  noise?(): Streams;
}

/** A number-valued memory that is saved with a run. */
export interface Cell<T extends Json = Json> {
  value: T;
}

/** A tensor-valued memory that is saved with a run; setting it frees what it held. */
export interface Slot {
  get(): Streams | undefined;
  set(value: Streams | undefined): void;
}

/** Where histories and plugins keep what must survive a step, a kill and a resume. */
export interface Keep {
  /** `cell(0)` holds any number, `cell('')` any string, `cell(false)` both answers. */
  cell<T extends Json>(initial: T): Cell<Widened<T>>;
  slot(): Slot;
}

/**
 * What a sampler remembers of one group of rows: its own cells and slots, opaque to everyone else. Slots hold
 * `[A, P]` of those rows, so a group divides: each part takes its rows of the slots, and the cell as it is.
 */
export interface SamplerHistory {
  readonly cell: Cell<readonly number[]>;
  readonly slots: readonly Slot[];
}
