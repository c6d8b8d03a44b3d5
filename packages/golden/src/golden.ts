import type { Checkpoint, HostTensor } from '@skipstone/core';

/** A golden folder, opened: what it says of itself, its inputs, and the values a run of ours is held against. */
export interface Golden {
  /** The folder as it was named. */
  readonly folder: string;
  /** What was recorded: `forward`, `run`, `schedule`, … */
  readonly kind: string;
  /** The case in a sentence. */
  readonly what: string;
  /** Fields of `case.json` beside the common ones (`steps`, `solver`, …), unchecked: see `parseFields`. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** The reference's `config.json`, unchecked: the adapter reads it. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Every tensor that `case.json` declares, by name. */
  readonly tensors: ReadonlyMap<string, DeclaredTensor>;
  /** The real path of a further file of the folder. */
  path(name: string): Promise<string>;
  /** Opens `model.safetensors`. */
  model(): Promise<Checkpoint>;
  /**
   * A tensor that a run may be given: `in.*`. Anything else is a result, and computing a result from itself
   * proves nothing.
   */
  input(name: string): Promise<HostTensor>;
  /** Values to compare with, float64 exact; `undefined` where the file lacks the tensor. */
  reference(name: string): Promise<Numbers | undefined>;
}

export interface DeclaredTensor {
  /** As PyTorch says it: `float32`, `int64`, … */
  readonly type: string;
  readonly shape: readonly number[];
}

/** Numbers with a shape, row-major. */
export interface Numbers {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

/** One tensor held against its reference. */
export interface Checked {
  readonly name: string;
  /** The reference's shape, or ours where the reference is missing. */
  readonly shape: readonly number[];
  /** max|a − b| / max|b|; NaN where either holds a NaN, infinite where there is nothing to compare. */
  readonly error: number;
  /** The largest error allowed where this is not the caller's to choose: 0 for flags and counts. */
  readonly limit?: number;
  /** Why there is no error to speak of: missing, another shape, not a number. */
  readonly note?: string;
}

/**
 * What verifies golden folders of one kind and model. Adapters and plugins export theirs; nobody else knows
 * what their kinds mean.
 */
export interface Verifier {
  /** As an error lists it: `Wan text to video, forward`. */
  readonly name: string;
  readonly kind: string;
  /** True if this folder is this verifier's. Looks at kind, config and fields; of several the first one gets it. */
  accepts(golden: Golden): boolean;
  /**
   * Computes and compares. Throws a SkipstoneError (code `golden-…`, `verify-…`, or its config check's
   * `…-config`) before it runs anything if the folder asks for what it cannot do.
   */
  verify(golden: Golden): AsyncIterable<Checked>;
}
