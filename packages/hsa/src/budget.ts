import { SkipstoneError } from '@skipstone/core';

/** Share of a full run's rows that groups of these fractions compute, 0 to 1. */
export function shareOf(fractions: readonly number[], activeSteps: readonly number[], steps: number): number {
  return fractions.reduce((sum, fraction, k) => sum + fraction * (activeSteps[k] ?? 0), 0) / steps;
}

export interface BudgetOptions {
  /** Share of a full run's rows to land on, from that of the laziest group to that of the busiest. */
  readonly budget: number;
  /** Fractions to begin with; they are given back where they land on the budget already. */
  readonly fractions: readonly number[];
  /** At how many steps each group is active, of `steps`. */
  readonly activeSteps: readonly number[];
  readonly steps: number;
}

/**
 * Group fractions that land on a budget. Of all that do, those nearest to the given ones (least relative
 * entropy): f_k ∝ given_k·exp(λ·activeSteps_k/steps), with λ found by halving.
 */
export function fractionsFor({ budget, fractions, activeSteps, steps }: BudgetOptions): readonly number[] {
  const shares = activeSteps.map((count) => count / steps);
  const [least, most] = [Math.min(...shares), Math.max(...shares)];
  if (budget < least || budget > most) throw outOfReach(budget, least, most, steps);
  if (least === most) return fractions;
  const tilted = (lambda: number): readonly number[] => {
    const weights = fractions.map((f, k) => f * Math.exp(lambda * ((shares[k] ?? 0) - budget)));
    const sum = weights.reduce((a, b) => a + b, 0);
    return weights.map((weight) => weight / sum);
  };
  // So far exp stays finite, and one group has all tokens but for 1e-300 of them.
  const bound = 700 / Math.max(most - budget, budget - least);
  let [low, high] = [-bound, bound];
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (shareOf(tilted(middle), activeSteps, steps) < budget) low = middle;
    else high = middle;
  }
  return tilted((low + high) / 2);
}

function outOfReach(budget: number, least: number, most: number, steps: number): SkipstoneError {
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  return new SkipstoneError({
    code: 'hsa-budget',
    what: `hsa: no group fractions compute ${percent(budget)} of a run of ${steps} steps`,
    have: `strides and windows that compute between ${percent(least)} and ${percent(most)}`,
    need: 'a budget between these',
    do: 'choose another budget, larger strides, shorter windows, or more steps',
  });
}
