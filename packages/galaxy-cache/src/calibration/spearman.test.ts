import { expect, test } from 'vitest';
import { ranks, spearman } from './spearman.js';

test.each([
  ['the same order', [1, 2, 3, 4], [10, 20, 300, 4000], 1],
  ['the opposite order', [1, 2, 3], [3, 2, 1], -1],
  ['one pair exchanged: 1 − 6Σd²/(n(n² − 1))', [1, 2, 3, 4], [1, 2, 4, 3], 0.8],
  ['equal values share their ranks', [1, 1, 2], [1, 2, 3], 3 / Math.sqrt(12)],
])('%s', (_, a, b, rho) => {
  expect(spearman(a, b)).toBeCloseTo(rho, 12);
});

test('equal values share the mean of their ranks', () => {
  expect(ranks([5, 1, 5, 5, 0])).toEqual([4, 2, 4, 4, 1]);
});

test.each([
  ['a series without change', [1, 1, 1], [1, 2, 3]],
  ['one pair', [1], [1]],
  ['nothing', [], []],
  ['unequal lengths', [1, 2, 3], [1, 2]],
])('%s has no correlation', (_, a, b) => {
  expect(spearman(a, b)).toBeNaN();
});
