import { type Frames, SkipstoneError } from '@skipstone/core';
import { ssim as imageSsim } from 'ssim.js';
import { assertSameSize } from './same-size.js';

/**
 * Z. Wang, A. C. Bovik, H. R. Sheikh, E. P. Simoncelli, "Image quality assessment: from error visibility to
 * structural similarity", IEEE TIP 13(4), 2004, §III-B and C: a Gaussian window of 11 x 11 and deviation 1.5
 * that stays inside the picture, K1 and K2 as below.
 */
const WANG_2004 = { windowSize: 11, k1: 0.01, k2: 0.03, bitDepth: 8 } as const;

/**
 * Structural similarity, −1 to 1, 1 for equal videos: the mean over frames of the mean over windows, on luma
 * (BT.601 weights, rounded to 8 bits), without the downsampling that some programs do first.
 *
 * Throws a `SkipstoneError` for videos of different sizes, or with a side below 11 pixels.
 */
export function ssim(a: Frames, b: Frames): number {
  assertSameSize('ssim', a, b);
  if (Math.min(a.width, a.height) < WANG_2004.windowSize) throw tooSmall(a);
  let sum = 0;
  for (const [i, frame] of a.rgba.entries()) {
    sum += imageSsim(image(a, frame), image(b, b.rgba[i] ?? frame), {
      ...WANG_2004,
      ssim: 'fast',
      downsample: false,
      rgb2grayVersion: 'original',
    }).mssim;
  }
  return sum / a.rgba.length;
}

const image = ({ width, height }: Frames, data: Uint8ClampedArray) => ({ width, height, data });

function tooSmall({ width, height }: Frames): SkipstoneError {
  return new SkipstoneError({
    code: 'frames-size',
    what: 'ssim: these pictures are smaller than its window',
    have: `${width}x${height} pixels`,
    need: `${WANG_2004.windowSize} pixels or more on each side`,
    do: 'compare larger pictures, or use psnr',
  });
}
