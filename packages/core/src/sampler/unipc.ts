import { SkipstoneError } from '../error.js';
import type { ScaledTerm } from '../spec/kernel.js';
import type { Sampler, SamplerCall, SamplerHistory, Slot } from '../spec/sampler.js';
import type { Streams } from '../spec/tensor.js';
import { assertFlowStep } from './noise-step.js';
import { correctorWeights, predictorWeights, type UnipcWeights } from './unipc-weights.js';

/**
 * UniPC of order 2 for flow matching: each step corrects the sample with the new prediction, then predicts the
 * next one from it and the two predictions before. First order in the first and the last step.
 *
 * Both parts are linear, so a step is two combinations: m = x − σ·v (kept), and the next sample from x, m and
 * the predictions kept. The history holds those of the last two steps and no sample.
 * Deviation: the reference corrects from a copy of the sample before the step, this from the sample it is
 * given, which is the same where nobody changed it in between (unipc-weights.ts). A sample somebody did
 * change (a clean frame put back) counts as it is. Bounded by the golden runs at 1e-5.
 *
 * Source: diffusers' UniPCMultistepScheduler (solver_order 2, bh2, predict_x0, flow_prediction,
 * lower_order_final). Goldens: `run-wan21-unipc`, `method-hsa-unipc`.
 */
export function unipc(): Sampler {
  return {
    name: 'unipc',
    memory: 2,
    history: (keep) => ({ cell: keep.cell<readonly number[]>([]), slots: [keep.slot(), keep.slot()] }),
    step,
  };
}

/** What the history's cell holds, as a list of numbers so that it can be saved. Empty before the first step. */
interface Past {
  /** Steps taken. Prediction k lies in slot k mod 2, so that setting a slot frees the oldest one. */
  readonly count: number;
  /** σ_{i−1} and σ_{i−2} (0 where there was none). */
  readonly last: number;
  readonly beforeLast: number;
  /** Order of the step that led here. */
  readonly order: number;
  /** The noise level that step led to: the next one must start there. */
  readonly at: number;
}

function step(call: SamplerCall): Streams {
  const { x, v, from, to, last: isLast, history, kernels } = call;
  assertFlowStep('unipc', from, to);
  const past = pastOf(history);
  if (past !== undefined && past.at !== from) throw offGrid(past.at, from);
  const order = past === undefined || isLast || to === 0 ? 1 : 2;
  const now = kernels.scaledAdd([
    { scale: 1, of: x },
    { scale: -from, of: v },
  ]);
  const weights = stepWeights(from, to, order, past);
  const count = past?.count ?? 0;
  const result = kernels.scaledAdd([
    ...term(weights.x, x),
    ...term(weights.now, now),
    ...term(weights.last, slot(history, count + 1).get()),
    ...term(weights.beforeLast, slot(history, count).get()),
  ]);
  slot(history, count).set(now);
  history.cell.value = [count + 1, from, past?.last ?? 0, order, to];
  return result;
}

/** Corrector and predictor in one: the predictor's weight of x carries the corrected sample's weights. */
function stepWeights(from: number, to: number, order: number, past: Past | undefined): UnipcWeights {
  const predictor = predictorWeights(from, to, order === 2 ? past?.last : undefined);
  if (past === undefined) return predictor;
  const corrector = correctorWeights(from, past.last, past.order === 2 ? past.beforeLast : undefined);
  return {
    x: predictor.x,
    now: predictor.now + predictor.x * corrector.now,
    last: predictor.last + predictor.x * corrector.last,
    beforeLast: predictor.x * corrector.beforeLast,
  };
}

/** A term whose weight is 0 is left out: its tensor may not exist yet. */
function term(scale: number, of: Streams | undefined): readonly ScaledTerm[] {
  if (scale === 0) return [];
  if (of === undefined) throw lostPrediction();
  return [{ scale, of }];
}

function slot(history: SamplerHistory, k: number): Slot {
  const found = history.slots[k % 2];
  if (found === undefined) throw lostPrediction();
  return found;
}

function pastOf({ cell }: SamplerHistory): Past | undefined {
  const [count, last, beforeLast, order, at] = cell.value;
  if (count === undefined) return undefined;
  if (last === undefined || beforeLast === undefined || order === undefined || at === undefined) {
    throw lostPrediction();
  }
  return { count, last, beforeLast, order, at };
}

function offGrid(at: number, from: number): SkipstoneError {
  return new SkipstoneError({
    code: 'sampler-grid',
    what: 'unipc was taken off its grid: a step begins where the last one did not end',
    have: `a step from σ ${from}`,
    need: `a step from σ ${at}`,
    do: 'give rows that step together a history of their own, and call it with their grid in order',
  });
}

function lostPrediction(): SkipstoneError {
  return new SkipstoneError({
    code: 'sampler-history',
    what: 'unipc lacks a prediction that it kept',
    have: 'a history that is empty in part',
    need: 'the history that unipc().history(keep) gave, cells and slots together',
    do: 'save and restore cells and slots of one step',
  });
}
