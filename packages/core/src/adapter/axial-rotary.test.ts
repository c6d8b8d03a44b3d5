import { expect, it } from 'vitest';
import { axialRotary, axisWidths } from './axial-rotary.js';

it.each([
  [128, [44, 42, 42]],
  [16, [8, 4, 4]],
  [12, [4, 4, 4]],
])('a head of %i channels is split over three axes', (width, split) => {
  expect(axisWidths(width)).toEqual(split);
});

it('turns each part of a head with its axis', () => {
  const grid = { frames: 2, height: 4, width: 6 };
  const tables = axialRotary(grid, { headWidth: 16, bases: [10000, 100, 400], stretch: 1.5 });
  expect(tables['rotary.cos'].shape).toEqual([12, 8]);
  // Token 11: frame 1, row 1, column 2.
  const angles = [1.5, 1.5 * 10000 ** -0.25, 1.5 * 10000 ** -0.5, 1.5 * 10000 ** -0.75, 1, 0.1, 2, 2 / 20];
  const own = (table: 'rotary.cos' | 'rotary.sin') => [...tables[table].data.slice(88, 96)].map(Number);
  expect(own('rotary.cos')).toEqual(angles.map((a) => Math.fround(Math.cos(a))));
  expect(own('rotary.sin')).toEqual(angles.map((a) => Math.fround(Math.sin(a))));
});
