import type { HostTensor, Streams } from './tensor.js';

/**
 * What a run is given beside text: the same for every branch and every step. Clean frames of a video to be
 * continued, condition channels, masks.
 */
export interface Given {
  readonly pinned?: Streams<Pinned>;
  /** Row-aligned constants, `[N, width]`, by the port names of the model's `tableSpecs`. */
  readonly tables?: Readonly<Record<string, HostTensor>>;
}

/**
 * Tokens of a stream whose clean latents are known. The model reads them clean, whatever the noise level, and
 * the guided prediction of each leads straight there: v = (x − clean)/σ. Predictions of single branches stay
 * as the model gives them. Plugins see which rows these are (`Setup.pinned`): they say nothing of how well the
 * others are doing.
 */
export interface Pinned {
  /** Row ids, ascending. */
  readonly rows: Int32Array;
  /** Their clean latents, `[rows, P]` float32. */
  readonly clean: HostTensor;
}
