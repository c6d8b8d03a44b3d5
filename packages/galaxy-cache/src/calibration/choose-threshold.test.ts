import { SkipstoneError } from '@skipstone/core';
import { expect, test } from 'vitest';
import { testTrace } from '../test-kit/traces.js';
import { chooseThreshold } from './choose-threshold.js';
import { reuseRate, simulate } from './simulate.js';
import { idealSpeedup, rateFor } from './speedup.js';

/** Every step changes by a tenth, in both runs. */
const even = testTrace([{ tap: new Array<number>(19).fill(0.1) }, { tap: new Array<number>(19).fill(0.1) }]);
const ask = { tap: 'tap', warmup: { steps: 4 }, cost: 0.1 } as const;

test('simulates the policy: a step reuses while the sum is below the threshold', () => {
  const [run] = even.runs;
  const flags = run ? simulate(even, run, { tap: 'tap', threshold: 0.25, warmup: { steps: 4 } }) : [];
  expect(flags.map((reuse) => (reuse ? 'r' : 'c')).join('')).toBe('ccccrrcrrcrrcrrcrrcr');
  expect(reuseRate(flags)).toBe(11 / 20);
});

test('ideal speed-up and reuse rate are each other’s inverse', () => {
  expect(idealSpeedup(0.5, 0)).toBe(2);
  expect(idealSpeedup(0.5, 0.1)).toBeCloseTo(1 / 0.55, 12);
  for (const speedup of [1, 1.3, 2, 5])
    expect(idealSpeedup(rateFor(speedup, 0.1), 0.1)).toBeCloseTo(speedup, 12);
});

test.each([
  // One reuse in two after the warm-up: 8 of 20 is the nearest to 0.4; two in three: 11; three in four: 12.
  [1 / (1 - 0.4 * 0.9), 8 / 20],
  [1 / (1 - 0.54 * 0.9), 11 / 20],
  [1 / (1 - 0.59 * 0.9), 12 / 20],
])('for %d it proposes the threshold whose reuse is nearest', (speedup, reuse) => {
  const proposed = chooseThreshold(even, { ...ask, speedup });
  expect(proposed.reuse.value).toBeCloseTo(reuse, 12);
  expect(proposed.speedup).toBeCloseTo(idealSpeedup(reuse, 0.1), 12);
});

test('a threshold keeps four digits and is no sum of drifts', () => {
  const { threshold } = chooseThreshold(even, { ...ask, speedup: 1.6 });
  expect(threshold).toBe(Number(threshold.toPrecision(4)));
  expect(Math.abs((threshold * 10) % 1)).toBeGreaterThan(1e-6);
});

test('says how much is possible where more is asked for', () => {
  const error = (() => {
    try {
      chooseThreshold(even, { ...ask, speedup: 9 });
    } catch (thrown) {
      return thrown;
    }
    return undefined;
  })();
  expect(error).toBeInstanceOf(SkipstoneError);
  // 16 of 20 steps reused at a tenth of the cost.
  expect(String(error)).toContain('at most 3.57');
});
