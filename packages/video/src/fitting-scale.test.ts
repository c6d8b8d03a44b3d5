import { expect, it } from 'vitest';
import { fittingScale } from './fitting-scale.js';

it.each([
  ['mp4', 64, 64, 4],
  ['gif', 96, 64, 4],
  ['mp4', 65, 100, 4],
  ['mp4', 255, 300, 2],
  ['mp4', 832, 480, 1],
  ['mp4', 16, 1000, 2],
  ['mp4', 16, 3000, 1],
  ['png', 64, 64, 1],
  ['folder', 64, 64, 1],
] as const)('enlarges for %s a video of %i x %i pixels by %i', (format, width, height, scale) => {
  expect(fittingScale(format, width, height)).toBe(scale);
});
