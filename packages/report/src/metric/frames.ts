import { type Frames, SkipstoneError } from '@skipstone/core';
import { ssim as imageSsim } from 'ssim.js';

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

/**
 * |a − b| of every channel times `gain` (above 0, default 8), clamped to 255; black where the videos agree.
 * Opaque. Throws a `SkipstoneError` for videos of different sizes.
 */
export function amplifiedDifference(a: Frames, b: Frames, gain = 8): Frames {
  assertSameSize('amplifiedDifference', a, b);
  const rgba = a.rgba.map((frame, i) => {
    const other = b.rgba[i] ?? frame;
    return frame.map((value, at) => (at % 4 === 3 ? 255 : gain * Math.abs(value - (other[at] ?? 0))));
  });
  return { ...a, rgba };
}

/** Throws a `SkipstoneError` unless both videos have the same number of frames of the same size, and one at least. */
function assertSameSize(what: string, a: Frames, b: Frames): void {
  const [have, need] = [sizeOf(a), sizeOf(b)];
  if (have === need && a.rgba.length > 0) return;
  throw new SkipstoneError({
    code: 'frames-size',
    what: `${what}: these videos cannot be compared`,
    have: `${have} and ${need}`,
    need: 'one frame or more, and as many of the same size in both',
    do: 'compare runs of one size and one number of frames',
  });
}

const sizeOf = ({ width, height, rgba }: Frames): string => `${rgba.length} frames of ${width}x${height}`;
