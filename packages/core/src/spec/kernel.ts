import type { Rows, Streams, Tensor } from './tensor.js';

/**
 * The arithmetic of the loop, over streams. Each kernel asserts that shapes are equal before it runs:
 * unequal shapes could give NaN, `NaN < threshold` is false, and a cache would silently never fire.
 *
 * Every kernel has a float64 reference in TypeScript and an ONNX form of the same name. Host tensors are
 * computed by the reference (no cost of a session, the same bytes on every platform), device tensors by the
 * ONNX form. Kernels that return a `Promise` wait for the value; all others return a handle at once.
 */
export interface Kernels {
  /** a + b, element by element. */
  add(a: Streams, b: Streams): Streams;
  /** a − b, element by element. */
  sub(a: Streams, b: Streams): Streams;
  /** Σ scale·of: the linear combination that samplers and guidance are made of. Scales are float64. */
  scaledAdd(terms: readonly ScaledTerm[]): Streams;
  /**
   * |now − before|₁ / |now|₁ of one stream (the first one unless named): GalaxyDiT's drift, whose
   * denominator is the current value. 0/0 is 0.
   */
  relativeL1(before: Streams, now: Streams, stream?: string): Promise<number>;
  /** |a|₁ = Σ|aᵢ| (order 1, the default) or |a|₂ = √Σaᵢ² (order 2) of one stream (the first one unless named). */
  norm(a: Streams, order?: 1 | 2, stream?: string): Promise<number>;
  /** Σ aᵢ·bᵢ of one stream. */
  dot(a: Streams, b: Streams, stream?: string): Promise<number>;
  /** The same of every row of every stream: `[A, …]` → `[A, 1]`. */
  rowNorms(a: Streams, order?: 1 | 2): Streams;
  rowDots(a: Streams, b: Streams): Streams;
  /** Mean over all elements of each stream. */
  mean(a: Streams): Promise<Streams<number>>;
  /** Standard deviation over all elements of each stream, unbiased (n − 1), as guidance rescaling uses it. */
  std(a: Streams): Promise<Streams<number>>;
  /** Rows of `[N, …]` as `[A, …]`. `'all'` gives the tensor itself. */
  gather(a: Streams, rows: Rows): Streams;
  /** `into` with `rows` replaced by those of `[A, …]`; a new tensor, `into` stays as it is. */
  scatter(into: Streams, rows: Rows, a: Streams): Streams;
}

export interface ScaledTerm {
  readonly scale: number;
  readonly of: Streams;
}

/** Asks the runtime for the values of a tensor; everything asked for before it has happened by then. */
export type ReadBack = (tensor: Tensor) => Promise<Float32Array>;
