import { expect, test } from 'vitest';
import { fromArguments, type PluginArguments } from './from-arguments.js';
import { allocationOf, type HsaOptions } from './options.js';
import { HSA_PRESETS } from './presets.js';
import { relativeChanges } from './score.js';

test('is hsa-50 unless told otherwise', () => {
  const { budget, strides, fractions } = HSA_PRESETS['hsa-50'];
  expect(allocationOf({})).toMatchObject({ budget, strides, fractions });
});

test('takes the rest of the busiest preset within the budget', () => {
  const { 'hsa-25': lazy, 'hsa-75a': busy } = HSA_PRESETS;
  expect(allocationOf({ budget: 0.4 })).toMatchObject({ budget: 0.4, strides: lazy.strides });
  expect(allocationOf({ budget: 0.1 })).toMatchObject({ budget: 0.1, strides: lazy.strides });
  expect(allocationOf({ budget: 0.9 })).toMatchObject({ budget: 0.9, fractions: busy.fractions });
});

test('strides of its own have even groups, and no budget', () => {
  const { fractions, budget } = allocationOf({ strides: [1, 2] });
  expect([fractions, budget]).toEqual([[0.5, 0.5], undefined]);
});

test.each([
  [{ buget: 0.5 }, /there is no option buget(.|\n)*did you mean budget/],
  [{ preset: 'hsa-5' }, /there is no preset hsa-5(.|\n)*did you mean hsa-50/],
  [{ strides: [0] }, /the option strides/],
  [{ strides: [1.5] }, /the option strides/],
  [{ strides: [] }, /the option strides/],
  [{ strides: [1, 2], fractions: [1] }, /the option fractions/],
  [{ strides: [1, 2], fractions: [0.5, 0.4] }, /the option fractions/],
  [{ budget: 1 }, /the option budget/],
  [{ scoreSteps: [0, 2] }, /the option scoreSteps/],
  [{ scoreSteps: [3, 2] }, /the option scoreSteps/],
  [{ early: { fraction: 2 } }, /the option early/],
  [{ late: { steps: -1 } }, /the option late/],
  [{ rerank: 0 }, /the option rerank/],
  [{ maxIdle: 1.5 }, /the option maxIdle/],
  [{ sync: 'off' }, /the option sync does not serve(.|\n)*all, leader, none/],
  [{ assignment: { video: '0' }, budget: 0.5, rerank: 3 }, /assignment and budget, rerank/],
])('refuses %j', (options, message) => {
  expect(() => allocationOf(options as HsaOptions)).toThrow(message);
});

const args = (values: PluginArguments['values'], options: PluginArguments['options'] = {}) => ({
  values,
  options,
});

test.each([
  args([50]),
  args(['75a']),
  args(['hsa-25']),
  args([], { budget: 0.4 }),
  args([50], { sync: 'leader' }),
  args([], {
    strides: '1/4/20',
    fractions: '.05/.15/.8',
    early: 5,
    late: 0.025,
    scoreSteps: '1/4',
    refreshEvery: 9,
  }),
])('the command line may say %j', (given) => {
  expect(fromArguments(given).name).toBe('hsa');
});

test.each([
  [args([50, 3]), /cannot be read/],
  [args([60]), /no preset hsa-60/],
  [args([], { strides: '1/x' }), /the option strides/],
  [args([], { fast: true }), /no option fast/],
])('the command line may not say %j', (given, message) => {
  expect(() => fromArguments(given)).toThrow(message);
});

test('the change of a row is relative to what it is now', () => {
  const rows = (...values: number[]) => Float32Array.from(values);
  expect(relativeChanges(rows(1, 1, 0, 0, 2, 2), rows(2, 2, 0, 0, 0, 0), 3)).toEqual([0.5, 0, 1e6]);
  expect(relativeChanges(rows(1), rows(Number.NaN), 1)).toEqual([Number.NaN]);
});
