import { expect, test } from 'vitest';
import type { Pattern } from '../words.js';
import { drawVideo, type PlacedFigure } from './draw-video.js';

const figures: readonly PlacedFigure[] = [
  { colour: 'cyan', shape: 'ring', radius: 0.14, from: [0.3, 0.3], to: [0.3, 0.3] },
  { colour: 'red', shape: 'triangle', radius: 0.15, from: [0.2, 0.7], to: [0.7, 0.7] },
];

// Computed apart from this code: the training's formulas, one pixel at a time, in Python's float64.
test.each<[string, Pattern, number, number, number, readonly number[]]>([
  ['a dot', 'dotted', 0, 10, 8, [56.1, 61.2, 104.55]],
  ['between dots', 'dotted', 0, 0, 0, [15.3, 20.4, 63.75]],
  ['the band of the ring', 'dotted', 0, 19, 27, [38.25, 216.75, 229.5]],
  ['its hole', 'dotted', 0, 19, 19, [15.3, 20.4, 63.75]],
  ['the triangle as it starts', 'dotted', 0, 45, 13, [229.5, 38.25, 38.25]],
  ['the triangle as it ends', 'dotted', 8, 45, 45, [229.5, 38.25, 38.25]],
  ['its base, half-way', 'dotted', 4, 51, 35, [211.65, 36.76, 40.38]],
  ['its side, half-way', 'dotted', 4, 37, 29, [163.51, 32.75, 46.11]],
  ['a lighter stripe', 'striped', 0, 8, 60, [56.1, 61.2, 104.55]],
  ['a darker check', 'checkered', 0, 8, 60, [15.3, 20.4, 63.75]],
  ['no pattern', 'plain', 0, 8, 60, [15.3, 20.4, 63.75]],
])('draws %s', (_, pattern, frame, row, column, rgb) => {
  const video = drawVideo({ pattern, backdrop: 'navy', figures }, 9);
  const at = 4 * (64 * row + column);
  const want = [...rgb.map(Math.floor), 255];
  expect([...(video.rgba[frame]?.subarray(at, at + 4) ?? [])]).toEqual(want);
});

test('one frame is the middle of the way', () => {
  const drawing = { pattern: 'plain', backdrop: 'gray', figures } as const;
  expect(drawVideo(drawing, 1).rgba[0]).toEqual(drawVideo(drawing, 9).rgba[4]);
});
