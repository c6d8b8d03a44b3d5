import type { Window } from './window.js';

/** An allocation by name. */
export interface HsaSchedule {
  /** Share of a full run's rows it lands on; fractions are adjusted where steps or windows differ. */
  readonly budget: number;
  readonly strides: readonly number[];
  readonly fractions: readonly number[];
  readonly early: Window;
  readonly late: Window;
  readonly scoreSteps: readonly [number, number];
  /** Where the numbers come from. */
  readonly source: string;
}

export type HsaScheduleName = 'hsa-75a' | 'hsa-75b' | 'hsa-50' | 'hsa-25';

/** Names and shares are the paper's, which does not say how it reaches them: everything else is inferred. */
const SOURCE = 'inferred';

export const HSA_SCHEDULES = {
  'hsa-75a': {
    budget: 0.75,
    strides: [1, 2, 4],
    fractions: [0.5, 0.3, 0.2],
    early: { fraction: 0.125 },
    late: { fraction: 0.025 },
    scoreSteps: [1, 4],
    source: SOURCE,
  },
  'hsa-75b': {
    budget: 0.75,
    strides: [1, 4],
    fractions: [0.6, 0.4],
    early: { fraction: 0.125 },
    late: { fraction: 0.025 },
    scoreSteps: [1, 4],
    source: SOURCE,
  },
  'hsa-50': {
    budget: 0.5,
    strides: [1, 4, 8],
    fractions: [0.2, 0.3, 0.5],
    early: { fraction: 0.125 },
    late: { fraction: 0.025 },
    scoreSteps: [1, 4],
    source: SOURCE,
  },
  'hsa-25': {
    budget: 0.25,
    strides: [1, 4, 20],
    fractions: [0.05, 0.15, 0.8],
    early: { fraction: 0.125 },
    late: { fraction: 0.025 },
    scoreSteps: [1, 4],
    source: SOURCE,
  },
} as const satisfies Record<HsaScheduleName, HsaSchedule>;

/** The schedule whose budget is nearest. */
export function nearestSchedule(budget: number): HsaSchedule {
  const all: readonly HsaSchedule[] = Object.values(HSA_SCHEDULES);
  return all.reduce((a, b) => (Math.abs(b.budget - budget) < Math.abs(a.budget - budget) ? b : a));
}
