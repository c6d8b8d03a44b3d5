import type { Window } from './window.js';

/** An allocation by name. */
export interface HsaPreset {
  /** Share of a full run's rows it lands on; fractions are adjusted where steps or windows differ. */
  readonly budget: number;
  readonly strides: readonly number[];
  /** For 40 steps. */
  readonly fractions: readonly number[];
  readonly early: Window;
  readonly late: Window;
  /** Where the numbers come from. */
  readonly source: string;
}

export type HsaPresetName = 'hsa-75a' | 'hsa-75b' | 'hsa-50' | 'hsa-25';

/** Names and shares are the paper's (arXiv:2605.06892v1), which does not say how it reaches them. */
const SOURCE =
  'inferred: best PSNR of `skipstone bench schedules --repeats 2` (demo model, 40 Euler steps, shift 3, guidance 4)';

export const HSA_PRESETS = {
  'hsa-75a': {
    budget: 0.75,
    strides: [1, 2, 4],
    fractions: [0.46, 0.3, 0.24],
    early: { fraction: 0.2 },
    late: { fraction: 0.025 },
    source: SOURCE,
  },
  'hsa-75b': {
    budget: 0.75,
    strides: [1, 4],
    fractions: [0.57, 0.43],
    early: { fraction: 0.2 },
    late: { fraction: 0.025 },
    source: SOURCE,
  },
  'hsa-50': {
    budget: 0.5,
    strides: [1, 2, 4],
    fractions: [0.04, 0.26, 0.7],
    early: { fraction: 0.2 },
    late: { fraction: 0.025 },
    source: `${SOURCE}; strides 2 and 4 alone are 0.1 dB better there and reach fewer budgets`,
  },
  'hsa-25': {
    budget: 0.25,
    strides: [1, 4, 20],
    fractions: [0.02, 0.32, 0.66],
    early: { fraction: 0.125 },
    late: { fraction: 0.025 },
    source: `${SOURCE}; strides 1 and 10 are 0.6 dB better there and cannot reach 25 % in 20 steps`,
  },
} as const satisfies Record<HsaPresetName, HsaPreset>;

/** The preset to begin with for a budget: the busiest one that does not exceed it, else the laziest. */
export function presetFor(budget: number): HsaPreset {
  const all: readonly HsaPreset[] = Object.values(HSA_PRESETS);
  const laziest = all.reduce((a, b) => (b.budget < a.budget ? b : a));
  return all.find((preset) => preset.budget <= budget) ?? laziest;
}
