import { expect, test } from 'vitest';
import { aheadAtEqualWork } from './align.js';

const line = [
  { reuses: 10, psnr: 40 },
  { reuses: 20, psnr: 30 },
  { reuses: 40, psnr: 26 },
];

test('a point is compared with the line between its neighbours', () => {
  expect(aheadAtEqualWork({ reuses: 15, psnr: 38 }, line)).toBe(3);
  expect(aheadAtEqualWork({ reuses: 20, psnr: 29 }, line)).toBe(-1);
  expect(aheadAtEqualWork({ reuses: 30, psnr: 29 }, line)).toBe(1);
});

test('nothing is guessed beyond the ends', () => {
  expect(aheadAtEqualWork({ reuses: 5, psnr: 50 }, line)).toBeUndefined();
  expect(aheadAtEqualWork({ reuses: 41, psnr: 50 }, line)).toBeUndefined();
  expect(aheadAtEqualWork({ reuses: 15, psnr: 38 }, [])).toBeUndefined();
});
