import { expect, it } from 'vitest';
import { elements, lengthOf } from './work.js';

const sizes = new Map([['N.video', 5]]);

it.each([
  ['a number', 7, 7],
  ['an axis with a name', 'N.video', 5],
  ['a multiple of one', { axis: 'N.video', times: 32 }, 160],
  ['an axis nobody knows', 'S', undefined],
  ['a multiple of one that nobody knows', 'S·2', undefined],
] as const)('the length of %s', (_, dim, length) => {
  expect(lengthOf(dim, sizes)).toBe(length);
});

it('an axis without a length counts as one element', () => {
  expect(elements([{ axis: 'N.video', times: 2 }, 'S', 3], sizes)).toBe(30);
});
