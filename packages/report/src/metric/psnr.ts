import type { Frames } from '@skipstone/core';
import { assertSameSize } from './same-size.js';

/** The largest value of a channel of 8 bits. */
const PEAK = 255;

/**
 * Peak signal-to-noise ratio in dB: 10·log10(255² / MSE), the mean squared error taken over red, green and
 * blue of every pixel of every frame at once (not the mean of the frames' ratios). Alpha is not looked at.
 * `Infinity` for equal videos. Throws a `SkipstoneError` for videos of different sizes.
 */
export function psnr(a: Frames, b: Frames): number {
  assertSameSize('psnr', a, b);
  let sum = 0;
  for (const [i, frame] of a.rgba.entries()) sum += squaredError(frame, b.rgba[i] ?? frame);
  const mse = sum / (3 * a.width * a.height * a.rgba.length);
  return 10 * Math.log10(PEAK ** 2 / mse);
}

/** Sum over the colour channels of one frame; whole numbers, so no order of adding changes it. */
function squaredError(a: Uint8ClampedArray, b: Uint8ClampedArray): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 4) {
    for (let channel = i; channel < i + 3; channel++) sum += ((a[channel] ?? 0) - (b[channel] ?? 0)) ** 2;
  }
  return sum;
}
