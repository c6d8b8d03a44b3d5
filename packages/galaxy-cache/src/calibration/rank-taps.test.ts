import { expect, test } from 'vitest';
import { testTrace } from '../test-kit/traces.js';
import { rankTaps } from './rank-taps.js';
import { ORACLE } from './trace-drift.js';

test('puts the tap first that orders the steps as the stack does', () => {
  const trace = testTrace([
    { noisy: [1, 4, 2, 3], good: [10, 20, 30, 40], flat: [1, 1, 1, 1], [ORACLE]: [1, 2, 3, 4] },
    { noisy: [1, 2, 4, 3], good: [11, 21, 31, 41], flat: [1, 1, 1, 1], [ORACLE]: [1, 2, 3, 4] },
  ]);
  const ranked = rankTaps(trace, { from: 1 });
  expect(ranked.map(({ tap }) => tap)).toEqual(['good', 'noisy', 'flat']);
  const [good, noisy, flat] = ranked;
  expect(good?.perPrompt).toEqual({ value: 1, low: 1, high: 1 });
  // Single runs: 1 − 6·6/60 and 1 − 6·2/60.
  expect(noisy?.perPrompt.value).toBeCloseTo((0.4 + 0.8) / 2, 12);
  expect(flat?.pooled.value).toBeNaN();
});

test('pooled, steps of all runs are ranked together', () => {
  const trace = testTrace([
    { tap: [1, 2], [ORACLE]: [3, 4] },
    { tap: [3, 4], [ORACLE]: [1, 2] },
  ]);
  const [only] = rankTaps(trace, { from: 1 });
  expect(only?.perPrompt.value).toBeCloseTo(1, 12);
  expect(only?.pooled.value).toBeCloseTo(-0.6, 12);
});

test('pairs whose later step is inside the warm-up do not count', () => {
  const trace = testTrace([{ tap: [9, 8, 1, 2, 3], [ORACLE]: [1, 2, 3, 4, 5] }]);
  expect(rankTaps(trace, { from: 3 })[0]?.pooled.value).toBeCloseTo(1, 12);
  expect(rankTaps(trace, { from: 2 })[0]?.pooled.value).toBeLessThan(1);
});
