import type { Json } from '../spec/tensor.js';

/** The part of a run that is always computed first: a share of its steps, a count, or noise above a level. */
export type Warmup = { readonly fraction: number } | { readonly steps: number } | { readonly sigma: number };

/** What holds for any rule: where a step computes whatever the rule says. */
export interface StepLimits {
  /** Steps that always compute first. Default: none but those with nothing to reuse. */
  readonly warmup?: Warmup;
  /** Last steps that always compute, 0 or more. Default 0. */
  readonly lastSteps?: number;
  /** Most reuses in a row, 1 or more. Default: no cap. */
  readonly maxConsecutive?: number;
}

/** What a rule decides by. */
export interface Seen {
  readonly step: number;
  /** How much the watched value changed, as `compare` measures it; 0 where there is nothing to compare. */
  readonly change: number;
  /** False in the warm-up, in the last steps, and where there is nothing to compare: the step computes anyway. */
  readonly free: boolean;
}

export interface Answer<S> {
  readonly reuse: boolean;
  /** The number that was compared, and with what; for the ledger. */
  readonly signal?: number;
  readonly threshold?: number;
  readonly reason?: string;
  /** What is carried from here, where looking alone changed it. */
  readonly state?: S;
}

/** A step cache's own part: numbers in, answers out. `S` is what it carries from step to step, a JSON value. */
export interface StepRule<S extends Json> {
  readonly first: S;
  answer(state: S, seen: Seen): Answer<S>;
  /** What is carried after a step. `reuse` is what was done: limits and replays may differ from the answer. */
  settle(state: S, answer: Answer<S>, reuse: boolean): S;
  /** What is carried after numbers of a computed step are known, see `measure`. */
  learn?(state: S, measured: Readonly<Record<string, number>>): S;
}

/** What is carried of a branch that decides: the rule's state, reuses in a row, steps that might reuse and that did. */
export type Carried<S> = {
  readonly state: S;
  readonly streak: number;
  readonly free: number;
  readonly reused: number;
};

export interface RunSteps {
  readonly steps: number;
  /** The noise level of each step, falling. */
  readonly sigmas: readonly number[];
}

export interface Probe {
  readonly step: number;
  /** Undefined where there is nothing to compare with; of rules that watch nothing, always 0. */
  readonly change: number | undefined;
  /** True if there is something to reuse, for every row and branch that the decision holds for. */
  readonly covered: boolean;
}

/** A rule within its limits: pure, so that a run and a simulation share it. */
export function stepPolicy<S extends Json>(rule: StepRule<S>, limits: StepLimits, run: RunSteps) {
  const { maxConsecutive = Number.POSITIVE_INFINITY } = limits;
  const warm = isWarm(limits, run);
  const forced = forcedStep(limits, run);
  const limit = (streak: number, { step, change, covered }: Probe): string | undefined => {
    if (warm(step)) return 'warm-up';
    if (!covered || change === undefined) return 'not covered';
    if (forced(step)) return 'last steps';
    return streak >= maxConsecutive ? 'streak' : undefined;
  };
  return {
    first: { state: rule.first, streak: 0, free: 0, reused: 0 } as Carried<S>,
    decide: ({ state, streak }: Carried<S>, probe: Probe): Answer<S> => {
      const { step, change } = probe;
      const free = change !== undefined && !forced(step);
      const answer = rule.answer(state, { step, change: change ?? 0, free });
      const reason = limit(streak, probe);
      return reason === undefined ? answer : { ...answer, reuse: false, reason };
    },
    settle: (
      was: Carried<S>,
      answer: Answer<S>,
      { step, reuse }: { step: number; reuse: boolean },
    ): Carried<S> => ({
      state: rule.settle(answer.state ?? was.state, answer, reuse),
      streak: reuse ? was.streak + 1 : 0,
      free: was.free + (forced(step) ? 0 : 1),
      reused: was.reused + (reuse ? 1 : 0),
    }),
  };
}

/** True for steps that compute whatever is seen. */
export function forcedStep(limits: StepLimits, run: RunSteps): (step: number) => boolean {
  const warm = isWarm(limits, run);
  return (step) => warm(step) || step >= run.steps - (limits.lastSteps ?? 0);
}

/** How many steps of a run those are. */
export function forcedCount(limits: StepLimits, run: RunSteps): number {
  return Array.from({ length: run.steps }, (_, step) => step).filter(forcedStep(limits, run)).length;
}

function isWarm(
  { warmup = { steps: 0 } }: StepLimits,
  { steps, sigmas }: RunSteps,
): (step: number) => boolean {
  if ('sigma' in warmup) return (step) => (sigmas[step] ?? 0) > warmup.sigma;
  const count = warmupSteps(warmup, steps);
  return (step) => step < count;
}

/** Rounds up, as GalaxyDiT's 20 % do, but for what binary fractions add: 0.07 · 100 is 7 steps. */
export const warmupSteps = (warmup: Exclude<Warmup, { sigma: number }>, steps: number): number =>
  'steps' in warmup ? warmup.steps : Math.ceil(warmup.fraction * steps - 1e-9);
