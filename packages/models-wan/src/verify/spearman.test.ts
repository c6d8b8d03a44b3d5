import { expect, test } from 'vitest';
import { spearman } from './spearman.js';

test.each([
  ['the same order', [1, 2, 3, 4], [10, 20, 300, 4000], 1],
  ['the opposite order', [1, 2, 3], [3, 2, 1], -1],
  ['one pair exchanged: 1 − 6Σd²/(n(n² − 1))', [1, 2, 3, 4], [1, 2, 4, 3], 0.8],
  ['equal values share their ranks', [1, 1, 2], [1, 2, 3], 3 / Math.sqrt(12)],
])('%s', (_, a, b, rho) => {
  expect(spearman(a, b)).toBeCloseTo(rho, 12);
});

test('a series without change has no correlation', () => {
  expect(spearman([1, 1, 1], [1, 2, 3])).toBeNaN();
});
