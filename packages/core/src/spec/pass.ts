import type { ElementType, Streams } from './tensor.js';

/**
 * An axis: a length, or the name of one that is known only at run time (`A.video`, `N.video`, `S`), or so many
 * times one (`A.video·32`).
 */
export type Dim = number | string;

/**
 * How long a value lasts before it must be computed again. `run`: text and tables, once; `step`: noise level
 * and latents, once for all branches; `pass`: what depends on both, or on caches.
 */
export type Lifetime = 'run' | 'step' | 'pass';

/** A value inside an emitted graph: a name, a type, a symbolic shape. Nothing is computed yet. */
export interface Value {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly Dim[];
}

/**
 * What an adapter writes a pass with. Weights are named as in the checkpoint and never read; each names the
 * node that uses it, so that a runtime error reads `blocks.7.attn1.to_q`.
 *
 * Inside a graph there is no batch axis: one branch is one pass, tokens are the first axis, `[A, D]`.
 * A: rows computed in this pass; N: all rows. Without a `rows` need they are the same axis.
 */
export interface PassBuilder {
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

  // Weights and arithmetic -------------------------------------------------------------------------
  /** x·Wᵀ + b with PyTorch's `[out, in]` weight `<path>.weight` and, unless told otherwise, `<path>.bias`. */
  linear(
    path: string,
    x: Value,
    width: { readonly in: number; readonly out: number },
    options?: LinearOptions,
  ): Value;
  /** A whole tensor of the checkpoint as a value, in another shape of the same size if asked. */
  weight(name: string, shape: readonly number[], as?: readonly number[]): Value;
  /** Layer norm over the last axis; affine with `<path>.weight` and `.bias` only where a path is given. */
  layerNorm(name: string, x: Value, eps: number, affinePath?: string): Value;
  /**
   * A norm scaled and shifted by values of the pass: norm(x)·(1 + scale) + shift, each `[1 or A, D]`; the norm
   * is a layer norm (default) or an RMS norm, both without weights.
   */
  modulatedNorm(
    name: string,
    x: Value,
    eps: number,
    scale: Value,
    shift: Value,
    kind?: 'layer' | 'rms',
  ): Value;
  /** x·rsqrt(mean(x²) + eps)·`<path>.weight` over the last axis. */
  rmsNorm(path: string, x: Value, eps: number): Value;
  /** The same without a weight. */
  plainRmsNorm(name: string, x: Value, eps: number): Value;
  /**
   * Rotates pairs of every head's channels by the angles of `positions` in the tables: adjacent ones (default),
   * or each of the first half with its fellow in the second. Tables are `[N, K/2]`, the same angles for every
   * head, or `[N, H·K/2]`, angles of its own for each.
   */
  rotary(
    name: string,
    x: Value,
    positions: Value,
    cos: Value,
    sin: Value,
    heads: number,
    pairs?: 'adjacent' | 'halves',
  ): Value;
  /** softmax(q·kᵀ/√K)·v over heads laid side by side: q `[A, H·K]`, k and v `[M, H·K]`, no mask. */
  attention(name: string, q: Value, k: Value, v: Value, heads: number): Value;
  gelu(name: string, x: Value, form: 'tanh' | 'erf'): Value;
  silu(name: string, x: Value): Value;
  sigmoid(name: string, x: Value): Value;
  add(name: string, a: Value, b: Value): Value;
  mul(name: string, a: Value, b: Value): Value;
  div(name: string, a: Value, b: Value): Value;
  sqrt(name: string, x: Value): Value;
  scale(name: string, x: Value, by: number): Value;
  cos(name: string, x: Value): Value;
  sin(name: string, x: Value): Value;
  /** Numbers known when the graph is written. */
  constant(name: string, values: readonly number[], shape: readonly number[]): Value;
  concat(name: string, values: readonly Value[], axis: number): Value;
  reshape(name: string, x: Value, shape: readonly Dim[]): Value;
  transpose(name: string, x: Value, order: readonly number[]): Value;
  /** `x[from:to]` along one axis. */
  slice(name: string, x: Value, axis: number, from: number, to: number): Value;
  /** Rows of `x` along its first axis. */
  gatherRows(name: string, x: Value, rows: Value): Value;
  /** Mean over one axis, which stays with length 1. */
  mean(name: string, x: Value, axis: number): Value;
  matmul(name: string, a: Value, b: Value): Value;
}

export interface LinearOptions {
  readonly bias?: boolean;
  /** The weight's own shape where it is not `[out, in]` but holds the same values in that order. */
  readonly weightShape?: readonly number[];
}
