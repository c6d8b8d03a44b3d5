import type { Kernels } from './kernel.js';
import type { Json, Streams } from './tensor.js';

/**
 * Guidance says which named branches run at a step and how their predictions become one. Core never assumes
 * two: LTX-2 has up to four, an interval can leave one out for some steps.
 */
export interface Guidance {
  readonly name: string;
  /** Every branch that any step may run; the first one leads (plugins' decisions follow it when aligned). */
  readonly branches: readonly Branch[];
  /** Its scales and the like: a run that was saved goes on under the same only. */
  readonly numbers?: Json;
  /** The branches of step i, a subset of `branches` in the same order, the leader always among them. */
  at(call: { readonly step: number; readonly sigma: number }): readonly Branch[];
  /** The guided prediction from those of the branches that ran. */
  combine(call: CombineCall): Streams | Promise<Streams>;
}

export interface Branch {
  readonly name: string;
  /** Which encoded text it reads: a key of the run's conditions, `cond` or `uncond` for most. */
  readonly text: string;
  /** Another graph of the same weights, e.g. `skip-attention`; `undefined` is the model as it is. */
  readonly variant?: string;
  /** Start from another branch's hidden streams at a station instead of computing up to it. */
  readonly fork?: { readonly from: string; readonly at: string };
}

export interface CombineCall {
  readonly step: number;
  readonly sigma: number;
  /** As the model read them: pinned tokens clean. */
  readonly latents: Streams;
  /** One prediction per branch that ran, by branch name. */
  readonly predictions: Readonly<Record<string, Streams>>;
  readonly kernels: Kernels;
}
