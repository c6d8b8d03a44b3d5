import type { Frames } from '@skipstone/core';
import { PIXELS } from '../codec.js';
import type { Rgb } from './palette.js';

/** Pixels of a picture. */
export const AREA = PIXELS * PIXELS;

/** Colour of pixel `i`, row by row. */
export const rgbOf = (picture: Uint8ClampedArray, i: number): Rgb => [
  (picture[4 * i] ?? 0) / 255,
  (picture[4 * i + 1] ?? 0) / 255,
  (picture[4 * i + 2] ?? 0) / 255,
];

/** Each colour of each pixel is its median over the frames, so what passes by is gone. */
export function medianPicture({ rgba }: Frames): Uint8ClampedArray {
  const middle = Math.floor(rgba.length / 2);
  return Uint8ClampedArray.from(
    { length: 4 * AREA },
    (_, i) => rgba.map((frame) => frame[i] ?? 0).sort((a, b) => a - b)[middle] ?? 0,
  );
}
