import { SkipstoneError } from '../error.js';
import type { ScaledTerm } from '../spec/kernel.js';
import type { Sampler, SamplerCall, SamplerHistory, Slot } from '../spec/sampler.js';
import type { Streams } from '../spec/tensor.js';
import { assertFlowStep } from './noise-step.js';

/** Where a multistep sampler stands: all that its weights depend on. */
export interface MultistepCall {
  readonly from: number;
  readonly to: number;
  /** Steps that follow on this grid. */
  readonly left: number;
  /** Steps taken on it. */
  readonly count: number;
  /** σ of the steps taken, the last first, as many as are remembered. */
  readonly past: readonly number[];
  /** Order of the step that led here; 0 for the first. */
  readonly order: number;
}

/** A step as a combination: x·(the sample) + m[0]·m_i + m[1]·m_{i−1} + …, where m = x − σ·v. */
export interface MultistepWeights {
  readonly order: number;
  readonly x: number;
  readonly m: readonly number[];
}

export interface Multistep extends Pick<Sampler, 'name' | 'memory' | 'corrects'> {
  weights(call: MultistepCall): MultistepWeights;
}

/** Log signal-to-noise ratio of flow matching, λ = ln(1 − σ) − ln σ: ∞ at σ = 0, −∞ at 1. */
export const logSnr = (sigma: number): number => Math.log(1 - sigma) - Math.log(sigma);

/**
 * A sampler that is linear in the sample and in predictions of the clean sample, m = x − σ·v: what UniPC and
 * DPM-Solver++ differ in is their weights. Its history is the last `memory` predictions and, as numbers that are saved
 * with them, [steps taken, order of the last, σ it led to, σ of the steps, the last first].
 */
export function multistep({ name, memory, weights, ...more }: Multistep): Sampler {
  const step = (call: SamplerCall): Streams => {
    const { x, v, from, to, left, history, kernels } = call;
    assertFlowStep(name, from, to, more.corrects === true && left === 0);
    const { value } = history.cell;
    const [count = 0, order = 0, at = from, ...past] = value;
    if (value.length > 0 && past.length !== Math.min(count, memory)) throw lostPrediction(name);
    if (at !== from) throw offGrid(name, at, from);
    const by = weights({ from, to, left, count, past, order });
    const now = kernels.scaledAdd([
      { scale: 1, of: x },
      { scale: -from, of: v },
    ]);
    const held = by.m.map((scale, k) =>
      k === 0 ? { scale, of: now } : { scale, of: kept(count - k)?.get() },
    );
    const result = kernels.scaledAdd([{ scale: by.x, of: x }, ...held].flatMap(term));
    kept(count)?.set(now);
    history.cell.value = [count + 1, by.order, to, ...[from, ...past].slice(0, memory)];
    return result;

    /** Prediction k lies in slot k mod `memory`, so that setting a slot frees the oldest one. */
    function kept(k: number): Slot | undefined {
      if (memory === 0) return undefined;
      const found = history.slots[k % memory];
      if (!found) throw lostPrediction(name);
      return found;
    }
  };
  /** A term whose weight is 0 is left out: its tensor may not exist yet. */
  const term = ({ scale, of }: { scale: number; of: Streams | undefined }): readonly ScaledTerm[] => {
    if (scale === 0) return [];
    if (of === undefined) throw lostPrediction(name);
    return [{ scale, of }];
  };
  const history: Sampler['history'] = (keep): SamplerHistory => ({
    cell: keep.cell<readonly number[]>([]),
    slots: Array.from({ length: memory }, () => keep.slot()),
  });
  return { name, memory, ...more, history, step };
}

function offGrid(name: string, at: number, from: number): SkipstoneError {
  return new SkipstoneError({
    code: 'sampler-grid',
    what: `${name} was taken off its grid: a step begins where the last one did not end`,
    have: `a step from σ ${from}`,
    need: `a step from σ ${at}`,
    do: 'give rows that step together a history of their own, and call it with their grid in order',
  });
}

function lostPrediction(name: string): SkipstoneError {
  return new SkipstoneError({
    code: 'sampler-history',
    what: `${name} lacks a prediction that it kept`,
    have: 'a history that is empty in part',
    need: `the history that the sampler's own history(keep) gave, cells and slots together`,
    do: 'save and restore cells and slots of one step',
  });
}
