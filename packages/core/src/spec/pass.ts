import type { GraphBuilder } from './graph-builder.js';
import type { Streams } from './tensor.js';
import type { Value } from './value.js';

/**
 * How long a value lasts before it must be computed again. `run`: text and tables, once; `step`: noise level
 * and latents, once for all branches; `pass`: what depends on both, or on caches.
 */
export type Lifetime = 'run' | 'step' | 'pass';

/**
 * What an adapter writes a pass with.
 *
 * Inside a graph there is no batch axis: one branch is one pass, tokens are the first axis, `[A, D]`.
 * A: rows computed in this pass; N: all rows. Without a `rows` need they are the same axis.
 */
export interface PassBuilder extends GraphBuilder {
  /** `plain`, or a variant that the model declares. */
  readonly variant: string;

  // Inputs -----------------------------------------------------------------------------------------
  /** Latents of a stream's computed rows, `[A, P]`. Lasts a step. */
  latents(stream: string): Value;
  /** A branch's condition (text), as its spec shapes it. Lasts a run. */
  condition(name: string): Value;
  /** A clock's distinct values, `[r]`. Lasts a step. */
  clock(name: string): Value;
  /** Per computed token the row of a clock with many rows, `[A]`; `undefined` where the clock has one row. */
  clockRow(name: string): Value | undefined;
  /** A table of a run, `[N, width]`. */
  table(name: string): Value;
  /** Rotary position ids of the computed rows: row ids, or the offset 0 when all rows are computed. */
  positions(stream: string): Value;

  // Stations ---------------------------------------------------------------------------------------
  /**
   * Marks a place on the line. `hidden`: the streams a pass continues with from here; a jump to this station
   * replaces them. Name them `embed`, `blocks.<i>` (what leaves block i), `trunk`; one inside a block, such as
   * `blocks.<i>.attended` (self-attention is added), is for jumps only: bounds do not cut there.
   */
  station(name: string, hidden: Streams<Value>): void;
  /**
   * Marks a place where a value can be looked at, of every stream. Adapters name those of a block alike, so that
   * plugins know them: `block_in`; `attn_in`, `attn_out` (before its gate), `attn_gated` (what is added); then
   * `cross_attn_in` and `cross_attn_out` (of text); `mlp_in`, `mlp_out`, `mlp_gated`; `block_out`. More is a
   * family's own. A variant may lack taps that the model itself has.
   */
  tap(name: string, value: Streams<Value>): void;
  /** The prediction of a stream's computed rows, `[A, P]`. */
  output(stream: string, value: Value): void;

  // Rows -------------------------------------------------------------------------------------------
  /**
   * `value` of the computed rows `[A, D]` as that of all rows `[N, D]`: itself when all rows are computed or
   * no others are known, else a cache that these rows overwrite in place. This is all an adapter does for keys
   * and values.
   */
  allRows(stream: string, name: string, value: Value): Value;

  /** A constant of all rows `[N, …]` as that of the computed rows `[A, …]`: itself when all are computed. */
  ownRows(stream: string, name: string, value: Value): Value;
}

export type * from './graph-builder.js';
export type { Dim, Source, Value } from './value.js';
