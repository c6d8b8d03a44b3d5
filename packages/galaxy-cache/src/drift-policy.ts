import type { StepLimits, StepRule } from '@skipstone/core';
import type { SpeedController, SpeedState } from './speed-controller.js';

/** The limits are core's; `warmup` is `{ fraction: 0.2 }` unless given (GalaxyDiT, arXiv:2512.03451), others inferred. */
export interface DriftOptions extends StepLimits {
  /** The sum of relative changes below which a step reuses; above 0 to act at all. No unit. */
  readonly threshold: number;
  /**
   * The sum after a computed step: `zero`, or `subtract` whole thresholds and keep what is over. Default
   * `zero` (inferred).
   */
  readonly reset?: 'zero' | 'subtract';
}

/** What is carried from step to step, for one deciding branch. */
export type DriftState = {
  /** Relative changes since the last computed step. */
  readonly metric: number;
  /** Of a threshold that moves to meet a speed-up. */
  readonly speed: SpeedState | null;
};

/**
 * GalaxyDiT's rule (arXiv:2512.03451): relative changes of a proxy are summed over the steps, and a step
 * reuses while the sum is below the threshold.
 */
export function driftRule(
  options: Pick<DriftOptions, 'threshold' | 'reset'>,
  speed?: SpeedController,
): StepRule<DriftState> {
  return {
    first: { metric: 0, speed: speed?.first() ?? null },
    answer: (was, { step, change, free }) => {
      const moved = was.speed && speed && free ? speed.move(was.speed, { step, drift: change }) : was.speed;
      const threshold = moved?.threshold ?? options.threshold;
      const signal = was.metric + change;
      const reuse = signal < threshold;
      const reason = reuse ? 'below threshold' : 'drift';
      return { reuse, signal, threshold, reason, state: { ...was, speed: moved } };
    },
    settle: (was, { signal = 0, threshold = 0 }, reuse) => {
      const over = options.reset === 'subtract' && threshold > 0 && signal >= threshold;
      const computed = over ? signal % threshold : 0;
      const counted = was.speed && (speed?.settle(was.speed, reuse) ?? null);
      return { metric: reuse ? signal : computed, speed: counted };
    },
  };
}

/** The limits of a rule, with the paper's warm-up. */
export const limitsOf = ({
  warmup = { fraction: 0.2 },
  lastSteps,
  maxConsecutive,
}: StepLimits): StepLimits => ({
  warmup,
  ...(lastSteps === undefined ? {} : { lastSteps }),
  ...(maxConsecutive === undefined ? {} : { maxConsecutive }),
});
