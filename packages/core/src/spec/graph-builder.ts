import type { Dim, Value } from './value.js';

/**
 * What graphs are written with. Weights are named as in the checkpoint and never read; each names the node that
 * uses it, so that a runtime error reads `blocks.7.attn1.to_q`.
 */
export interface GraphBuilder {
  /** x·Wᵀ + b with PyTorch's `[out, in]` weight `<path>.weight` and, unless told otherwise, `<path>.bias`. */
  linear(path: string, x: Value, by: Linear): Value;
  /** A whole tensor of the checkpoint as a value, in another shape of the same size if asked. */
  weight(name: string, shape: readonly number[], as?: readonly number[]): Value;
  /** Layer norm over the last axis. */
  layerNorm(name: string, x: Value, by: LayerNorm): Value;
  /** A norm scaled and shifted by values of the pass: norm(x)·(1 + scale) + shift. */
  modulatedNorm(name: string, x: Value, by: ModulatedNorm): Value;
  /** x·rsqrt(mean(x²) + eps)·`<path>.weight` over the last axis. */
  rmsNorm(path: string, x: Value, eps: number): Value;
  /** The same without a weight. */
  plainRmsNorm(name: string, x: Value, eps: number): Value;
  /** Rotates pairs of every head's channels: (a, b) → (a·cos − b·sin, a·sin + b·cos). */
  rotary(name: string, x: Value, by: Rotary): Value;
  /** softmax(scale·q·kᵀ + bias)·v over heads laid side by side. */
  attention(name: string, of: Attention): Value;
  gelu(name: string, x: Value, form: 'tanh' | 'erf'): Value;
  silu(name: string, x: Value): Value;
  sigmoid(name: string, x: Value): Value;
  relu(name: string, x: Value): Value;
  /** x, or `slope`·x where x is below 0. */
  leakyRelu(name: string, x: Value, slope: number): Value;
  tanh(name: string, x: Value): Value;
  exp(name: string, x: Value): Value;
  log(name: string, x: Value): Value;
  /** x within `least` and `most`; either may be infinite. */
  clamp(name: string, x: Value, least: number, most: number): Value;
  add(name: string, a: Value, b: Value): Value;
  mul(name: string, a: Value, b: Value): Value;
  div(name: string, a: Value, b: Value): Value;
  sqrt(name: string, x: Value): Value;
  scale(name: string, x: Value, by: number): Value;
  cos(name: string, x: Value): Value;
  sin(name: string, x: Value): Value;
  /** Numbers known when the graph is written. */
  constant(name: string, values: readonly number[], shape: readonly number[]): Value;
  /** Whole numbers known when the graph is written, such as rows or positions. */
  index(name: string, values: readonly number[]): Value;
  concat(name: string, values: readonly Value[], axis: number): Value;
  reshape(name: string, x: Value, shape: readonly Dim[]): Value;
  transpose(name: string, x: Value, order: readonly number[]): Value;
  /** `x[from:to]` along one axis. */
  slice(name: string, x: Value, at: Slice): Value;
  /** Rows of `x` along its first axis. */
  gatherRows(name: string, x: Value, rows: Value): Value;
  /** Mean over one axis, which stays with length 1. */
  mean(name: string, x: Value, axis: number): Value;
  matmul(name: string, a: Value, b: Value): Value;
  /**
   * Convolution of `[B, C, …]` over all axes behind the channels, by `weight` `[out, C, …kernel]` and `bias`
   * `[out]`, with zeros around. Lengths of these axes must be known.
   */
  conv(name: string, x: Value, by: Convolution): Value;
  /** The transpose of a convolution over the last axis of `[B, C, L]`. */
  convTranspose(name: string, x: Value, by: TransposedConvolution): Value;
  pad(name: string, x: Value, by: Padding): Value;
  /**
   * Group norm of `[B, C, …]`: channels in `groups`, each of each sample brought to zero mean and unit variance over its
   * channels and all axes behind them; then `<path>.weight` and `<path>.bias` `[C]`.
   */
  groupNorm(path: string, x: Value, by: GroupNorm): Value;
  /**
   * `[B, c·Πb, …]` → `[B, c, …·b]`: the last axes grow by their `blocks` b. Channels run over c first, then over
   * the blocks, the first slowest (ONNX's CRD, PyTorch's pixel shuffle).
   */
  depthToSpace(name: string, x: Value, blocks: readonly number[]): Value;
  /** `[B, C, …]`: each value of the axes behind the channels `factors` times in a row. */
  upsampleNearest(name: string, x: Value, factors: readonly number[]): Value;
}

export interface Linear {
  readonly in: number;
  readonly out: number;
  /** Default true. */
  readonly bias?: boolean;
  /** The weight's own shape where it is not `[out, in]` but holds the same values in that order. */
  readonly weightShape?: readonly number[];
}

export interface LayerNorm {
  readonly eps: number;
  /** Scaled and shifted by `<affine>.weight` and `.bias`. Default: neither. */
  readonly affine?: string;
}

export interface ModulatedNorm {
  readonly eps: number;
  /** `[1 or A, D]` each. */
  readonly scale: Value;
  readonly shift: Value;
  /** To zero mean and unit variance (default) or to unit mean square, either without weights. */
  readonly kind?: 'layer' | 'rms';
}

export interface GroupNorm {
  readonly groups: number;
  readonly eps: number;
}

/** Angles of a row are row `positions[i]` of the tables; one position `[1]` is an offset: rows in order. */
export interface Rotary {
  readonly positions: Value;
  /** `[N, K/2]`, the same angles for every head, or `[N, H·K/2]`, angles of its own for each. */
  readonly cos: Value;
  readonly sin: Value;
  readonly heads: number;
  /** Channels that turn together: 2k and 2k + 1 (default), or k and k + K/2. */
  readonly pairs?: 'adjacent' | 'halves';
}

/** q `[A, H·K]`, k and v `[M, H·K]`, or `[M, G·K]` with fewer heads. */
export interface Attention {
  readonly q: Value;
  readonly k: Value;
  readonly v: Value;
  readonly heads: number;
  /** Heads of k and v, G; each serves H/G heads of q in a row. Default `heads`. */
  readonly keyHeads?: number;
  /** What scores are multiplied by. Default 1/√K. */
  readonly scale?: number;
  /** Added to the scores, `[1 or H, A, M]`: positions, masks. */
  readonly bias?: Value;
}

export interface Slice {
  readonly axis: number;
  readonly from: number;
  readonly to: number;
}

export interface Convolution {
  readonly weight: Value;
  readonly bias?: Value;
  /** Zeros at both ends of each axis, or at its beginning and its end. Default 0. */
  readonly padding?: readonly (number | readonly [before: number, after: number])[];
  /** Default 1. */
  readonly stride?: readonly number[];
  /** How far apart the values are that a kernel reads. Default 1. */
  readonly dilation?: readonly number[];
}

export interface TransposedConvolution {
  /** `[C, out, k]`. */
  readonly weight: Value;
  readonly bias?: Value;
  readonly stride: number;
  /** Values left out at both ends. Default 0. */
  readonly padding?: number;
}

export interface Padding {
  readonly mode: 'edge' | 'reflect';
  /** Values before and behind each axis of the value. */
  readonly by: readonly (readonly [before: number, after: number])[];
}
