import { expect, test } from 'vitest';
import { cutGroups, encodeGroups, tokensOf } from './groups.js';

test.each([
  ['cuts the descending score at the fractions', [4, 1, 3, 2], [0.25, 0.25, 0.5], '0212'],
  ['keeps the order of tokens with equal scores', [1, 1, 1, 1], [0.5, 0.5], '0011'],
  ['rounds to whole tokens', [5, 4, 3, 2, 1], [0.5, 0.5], '00011'],
  ['gives the first group one token at least', [1, 2, 3, 4], [0.01, 0.99], '1110'],
  ['knows streams with fewer tokens than groups', [1], [0.1, 0.4, 0.5], '0'],
])('%s', (_, scores, fractions, groups) => {
  expect(encodeGroups(cutGroups(scores, fractions))).toBe(groups);
});

test('pinned tokens come last', () => {
  expect(encodeGroups(cutGroups([9, 8, 1, 2], [0.5, 0.5], [0, 1]))).toBe('1100');
});

test('names up to 36 groups by one character', () => {
  const groups = Array.from({ length: 36 }, (_, i) => i);
  const text = encodeGroups(groups);
  expect(text).toBe('0123456789abcdefghijklmnopqrstuvwxyz');
  expect(tokensOf({ video: text }, 36).map((tokens) => [...(tokens.video ?? [])])).toEqual(
    groups.map((i) => [i]),
  );
});
