import type { Rows, Streams } from './tensor.js';

/**
 * What a plugin keeps of tokens from step to step: rows per token and stream. The plan counts it, setup hands it
 * out by its name. Names that differ behind a dot (`added.0`, `added.1`) are one line of the plan.
 */
export interface CacheNeed {
  /**
   * What a row is: `latents` (P values, as predictions have too), a station (`trunk`: D values; a tap: what is
   * there), or so many values.
   */
  readonly rowsOf: string | number;
  /** The streams it holds. Default: all. */
  readonly streams?: readonly string[];
  /**
   * `branch`: one per guidance branch (residuals). `decider`: one per branch that decides, so one where the run is
   * aligned (proxies). `run`: one for all (velocities). Default `branch`.
   */
  readonly per?: 'branch' | 'decider' | 'run';
  /** What rows are kept as; they are read as float32 whatever it is. Default `float32`, exact. */
  readonly storage?: TokenStorage;
  /** How many written values of a row are kept, 1 or more. Default 1. */
  readonly generations?: number;
  /**
   * What becomes of a branch that is left out of a step. `forget` (default): its rows are gone, so that nothing is
   * rebuilt from the past. `keep`: for plugins that leave branches out themselves and mind the age of rows.
   */
  readonly leftOut?: 'forget' | 'keep';
}

/**
 * `float32`: 4 bytes a value, exact. `bfloat16`: 2 bytes, rounded to nearest even, within 2⁻⁸ of each value.
 * `int8`: 1 byte and a float32 scale a row, within 1/254 of the row's largest. On WebGPU: `float32` only.
 */
export type TokenStorage = 'float32' | 'bfloat16' | 'int8';

/** Where a cache is addressed from: which step, which branch, which rows. Every call is one. */
export interface CacheCall {
  readonly step: number;
  readonly rows: Rows;
  readonly branch?: string;
  readonly branches: readonly string[];
}

/**
 * Rows per token and stream, refreshed for some tokens, read for any. A residual, a proxy, a velocity are
 * all token caches, which is why plugins compose under partial tokens. Rows that were never written, or
 * whose branch was left out of a step since, are not covered: reading them is an error, never stale data.
 */
export interface TokenCache {
  /**
   * True if the rows of this call can be read by its branch and by all that follow it: by whom a decision of
   * the call holds for. In `advance` and `evaluate`, which have no branch, by all.
   */
  covers(call: CacheCall): boolean;
  /** The rows of this call as they were written last, `[A, D]`. */
  read(call: CacheCall): Streams;
  /** Keeps the rows of this call; other rows stay as they are. Rows written twice in a step are replaced. */
  write(call: CacheCall, value: Streams): void;
  /**
   * Compares with what these rows held, then keeps `now`: what drift needs. `undefined` the first time, or
   * where any of the rows is not covered.
   */
  swap<T>(
    call: CacheCall,
    now: Streams,
    compare: (before: Streams, now: Streams) => Promise<T>,
  ): Promise<T> | undefined;
  /**
   * Σ weight·generation of the rows of this call, `[A, D]`: what forecasts are made of. `weigh` is told the steps a
   * row was written at, newest first, as many as it has; it gives a weight for each, or for the first few of them.
   * Rows that were written at other steps than others are weighed apart.
   */
  combine(call: CacheCall, weigh: (steps: readonly number[]) => readonly number[]): Streams;
  /** Steps since the rows of this call were written, the most of them; undefined where one never was. */
  age(call: CacheCall): number | undefined;
  /** Bytes held now. */
  readonly bytes: number;
}
