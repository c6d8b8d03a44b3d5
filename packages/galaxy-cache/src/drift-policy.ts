/** The part of a run that is always computed first: a share of its steps, a count, or noise above a level. */
export type Warmup = { readonly fraction: number } | { readonly steps: number } | { readonly sigma: number };

export interface DriftOptions {
  /** The sum of relative changes below which a step reuses; above 0 to act at all. No unit. */
  readonly threshold: number;
  /** Steps that always compute. Default `{ fraction: 0.2 }` (GalaxyDiT, arXiv:2512.03451). */
  readonly warmup?: Warmup;
  /**
   * The sum after a computed step: `zero`, or `subtract` whole thresholds and keep what is over. Default
   * `zero` (inferred).
   */
  readonly reset?: 'zero' | 'subtract';
  /** Last steps that always compute, 0 or more. Default 0 (inferred). */
  readonly lastSteps?: number;
  /** Most reuses in a row, 1 or more. Default: no cap (inferred). */
  readonly maxConsecutive?: number;
}

/** What is carried from step to step, for one deciding branch. */
export type DriftState = {
  /** Relative changes since the last computed step. */
  readonly metric: number;
  /** Reuses since the last computed step. */
  readonly streak: number;
};

export interface DriftProbe {
  readonly step: number;
  /** |now − before|₁ / |now|₁ of the proxy, 0 or more; undefined where there is no before. */
  readonly drift: number | undefined;
  /** True if there is something to reuse, for every row and branch that the decision holds for. */
  readonly covered: boolean;
  /** The threshold in force, where it is moved during the run. */
  readonly threshold?: number;
}

export type DriftReason = 'warm-up' | 'not covered' | 'last steps' | 'streak' | 'drift' | 'below threshold';

export interface DriftDecision {
  readonly reuse: boolean;
  /** The sum that was compared. */
  readonly metric: number;
  readonly threshold: number;
  readonly reason: DriftReason;
  /** For the next step. */
  readonly state: DriftState;
}

export interface DriftRule {
  first(): DriftState;
  decide(state: DriftState, probe: DriftProbe): DriftDecision;
  /** The state after an answer; on replay that may be another than the rule's own. */
  settle(
    state: DriftState,
    compared: Pick<DriftDecision, 'metric' | 'threshold'>,
    reuse: boolean,
  ): DriftState;
  /** True for steps that compute whatever the drift is. */
  forced(step: number): boolean;
}

/**
 * GalaxyDiT's rule (arXiv:2512.03451): relative changes of a proxy are summed over the steps, and a step
 * reuses while the sum is below the threshold. Numbers in, decision out; a run and its simulation share it.
 * `sigmas`: the noise level of each step, descending.
 */
export function driftRule(
  options: DriftOptions,
  { steps, sigmas }: { readonly steps: number; readonly sigmas: readonly number[] },
): DriftRule {
  const { warmup = { fraction: 0.2 }, reset = 'zero', lastSteps = 0, maxConsecutive } = options;
  const warm = (step: number): boolean => {
    if ('sigma' in warmup) return (sigmas[step] ?? 0) > warmup.sigma;
    return step < ('steps' in warmup ? warmup.steps : wholeSteps(warmup.fraction * steps));
  };
  const late = (step: number): boolean => step >= steps - lastSteps;

  const reasonOf = (streak: number, metric: number, threshold: number, probe: DriftProbe): DriftReason => {
    if (warm(probe.step)) return 'warm-up';
    if (!probe.covered || probe.drift === undefined) return 'not covered';
    if (late(probe.step)) return 'last steps';
    if (maxConsecutive !== undefined && streak >= maxConsecutive) return 'streak';
    return metric < threshold ? 'below threshold' : 'drift';
  };
  const settle: DriftRule['settle'] = ({ streak }, { metric, threshold }, reuse) => {
    if (reuse) return { metric, streak: streak + 1 };
    const over = reset === 'subtract' && threshold > 0 && metric >= threshold;
    return { metric: over ? metric % threshold : 0, streak: 0 };
  };
  return {
    first: () => ({ metric: 0, streak: 0 }),
    decide: (state, probe) => {
      const threshold = probe.threshold ?? options.threshold;
      const metric = state.metric + (probe.drift ?? 0);
      const reason = reasonOf(state.streak, metric, threshold, probe);
      const reuse = reason === 'below threshold';
      return { reuse, metric, threshold, reason, state: settle(state, { metric, threshold }, reuse) };
    },
    settle,
    forced: (step) => warm(step) || late(step),
  };
}

/** Rounds up, but for what binary fractions add: 0.07 · 100 is 7 steps. */
const wholeSteps = (count: number): number => Math.ceil(count - 1e-9);
