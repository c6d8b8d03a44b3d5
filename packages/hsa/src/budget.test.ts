import { expect, test } from 'vitest';
import { fractionsFor, shareOf } from './budget.js';
import { cutGroups } from './groups.js';
import { allocationOf, type HsaOptions } from './options.js';
import { HSA_PRESETS } from './presets.js';
import { planRun } from './run-plan.js';

const phase = (steps: number, tokens = 32_760) => ({
  steps,
  from: 0,
  to: steps,
  sigmas: Array.from({ length: steps + 1 }, (_, i) => 1 - i / steps),
  rows: { video: tokens },
});

test.each([
  [{ budget: 0.4 }, 40, 0.4],
  [{ budget: 0.3 }, 40, 0.3],
  [{ budget: 0.9 }, 40, 0.9],
  [{ budget: 0.49 }, 40, 0.49],
  [{ budget: 0.74 }, 40, 0.74],
  [{ budget: 0.4 }, 50, 0.4],
  [{ budget: 0.6, strides: [1, 2, 5, 10] }, 40, 0.6],
  [{ budget: 0.35, strides: [2, 8], early: { steps: 0 }, late: { steps: 0 }, scoreSteps: [1, 1] }, 40, 0.35],
  ...[20, 30, 40, 50].flatMap((steps) =>
    (['hsa-75a', 'hsa-75b', 'hsa-50', 'hsa-25'] as const).map(
      (preset) => [{ preset }, steps, HSA_PRESETS[preset].budget] as const,
    ),
  ),
] satisfies readonly (readonly [HsaOptions, number, number])[])(
  '%j in %i steps computes that share of the rows within 1 %%, in whole tokens',
  (options, steps, share) => {
    const plan = planRun(allocationOf(options), phase(steps));
    expect(plan.share).toBeCloseTo(share, 6);
    for (const tokens of [576, 32_760]) {
      const groups = cutGroups(new Array<number>(tokens).fill(0), plan.fractions);
      let rows = 0;
      for (let step = 0; step < steps; step++) {
        const due = plan.table.due(step);
        rows += groups.filter((group) => due[group]).length;
      }
      expect(Math.abs(rows / (tokens * steps) / share - 1)).toBeLessThan(0.01);
    }
  },
);

test('fractions that land on the budget already stay as they are', () => {
  const given = { fractions: [0.2, 0.3, 0.5], activeSteps: [40, 15, 10], steps: 40 };
  const budget = shareOf(given.fractions, given.activeSteps, given.steps);
  for (const [k, fraction] of fractionsFor({ ...given, budget }).entries())
    expect(fraction).toBeCloseTo(given.fractions[k] ?? 0, 9);
});

test('fractions are positive, sum to 1 and rise with the budget where the group is busier', () => {
  const of = (budget: number) =>
    fractionsFor({ budget, fractions: [0.3, 0.3, 0.4], activeSteps: [40, 20, 4], steps: 40 });
  const [low, high] = [of(0.2), of(0.8)];
  for (const fractions of [low, high]) {
    expect(fractions.every((f) => f > 0)).toBe(true);
    expect(fractions.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
  }
  expect(high[0]).toBeGreaterThan(low[0] ?? 1);
  expect(high[2]).toBeLessThan(low[2] ?? 0);
});

test.each([12, 24])(
  'the share of the laziest group in %i steps is a budget like others: all tokens are its',
  (steps) => {
    const plan = planRun(
      allocationOf({
        budget: 0.5,
        strides: [1, 4],
        early: { steps: steps / 4 },
        late: { steps: steps / 12 },
      }),
      phase(steps),
    );
    expect(plan.share).toBeCloseTo(0.5, 6);
    expect(plan.fractions.at(-1)).toBeCloseTo(1, 6);
  },
);

test('a budget that no fractions land on is refused', () => {
  const of = (budget: number) => () => fractionsFor({ budget, fractions: [1], activeSteps: [20], steps: 40 });
  expect(of(0.5)()).toEqual([1]);
  expect(of(0.49)).toThrow(/between 50.0 % and 50.0 %/);
  expect(of(0.51)).toThrow(/between 50.0 % and 50.0 %/);
  expect(() => planRun(allocationOf({ preset: 'hsa-25' }), phase(8))).toThrow(
    /no group fractions compute 25.0 %/,
  );
});
