import type { Frames } from '@skipstone/core';
import { expect, test } from 'vitest';
import { amplifiedDifference, psnr, ssim } from './frames.js';

/** Two frames of a plain colour that grows from left to right and from top to bottom. */
function ramp(change: (value: number, at: number) => number = (value) => value, side = 16): Frames {
  const frame = (offset: number) =>
    Uint8ClampedArray.from({ length: side * side * 4 }, (_, at) => {
      const pixel = Math.floor(at / 4);
      const value = offset + 7 * (pixel % side) + 3 * Math.floor(pixel / side);
      return at % 4 === 3 ? 255 : change(value, at);
    });
  return { width: side, height: side, framesPerSecond: 8, rgba: [frame(0), frame(40)] };
}

test('equal videos have infinite PSNR and an SSIM of 1', () => {
  expect(psnr(ramp(), ramp())).toBe(Number.POSITIVE_INFINITY);
  expect(ssim(ramp(), ramp())).toBeCloseTo(1, 12);
});

test('PSNR is that of the mean squared error over all frames and colours', () => {
  // Every value off by 5: MSE 25. Every second pixel's red off by 6: MSE 36 / 6.
  expect(
    psnr(
      ramp((value) => value + 5),
      ramp(),
    ),
  ).toBeCloseTo(10 * Math.log10(255 ** 2 / 25), 12);
  const red = ramp((value, at) => value + (at % 8 === 0 ? 6 : 0));
  expect(psnr(red, ramp())).toBeCloseTo(10 * Math.log10(255 ** 2 / 6), 12);
});

test('alpha is not looked at', () => {
  const clear = { ...ramp(), rgba: ramp().rgba.map((frame) => frame.map((v, at) => (at % 4 === 3 ? 0 : v))) };
  expect(psnr(clear, ramp())).toBe(Number.POSITIVE_INFINITY);
  expect(ssim(clear, ramp())).toBeCloseTo(1, 12);
});

test('SSIM of two plain greys is the luminance term alone', () => {
  const grey = (value: number) => ramp((_, at) => (at % 4 === 3 ? 255 : value));
  const c1 = (0.01 * 255) ** 2;
  const expected = (2 * 100 * 110 + c1) / (100 ** 2 + 110 ** 2 + c1);
  expect(ssim(grey(100), grey(110))).toBeCloseTo(expected, 6);
});

test('SSIM follows the formula of the paper, window by window', () => {
  const noisy = ramp((value, at) => value + ((at * 37) % 29));
  expect(ssim(noisy, ramp())).toBeCloseTo(direct(noisy, ramp()), 6);
});

test('the difference is amplified, clamped, opaque and black where nothing changed', () => {
  const changed = ramp((value, at) => value + (at === 0 ? 3 : at === 1 ? 100 : 0));
  const { rgba } = amplifiedDifference(changed, ramp(), 10);
  expect([...(rgba[0] ?? []).slice(0, 8)]).toEqual([30, 255, 0, 255, 0, 0, 0, 255]);
});

test.each([
  ['psnr', () => psnr(ramp(), ramp(undefined, 12))],
  ['ssim', () => ssim(ramp(), { ...ramp(), rgba: ramp().rgba.slice(1) })],
  ['ssim', () => ssim(ramp(undefined, 10), ramp(undefined, 10))],
  ['psnr', () => psnr({ ...ramp(), rgba: [] }, { ...ramp(), rgba: [] })],
])('%s refuses what cannot be compared', (name, compare) => {
  expect(compare).toThrow(new RegExp(`^${name}: these`));
});

/** Wang 2004, equations 13 to 16, written out. */
function direct(a: Frames, b: Frames): number {
  const weights = Array.from({ length: 121 }, (_, i) =>
    Math.exp(-(((i % 11) - 5) ** 2 + (Math.floor(i / 11) - 5) ** 2) / (2 * 1.5 ** 2)),
  );
  const total = weights.reduce((sum, w) => sum + w, 0);
  const [c1, c2] = [(0.01 * 255) ** 2, (0.03 * 255) ** 2];
  const values: number[] = [];
  for (const [f, frame] of a.rgba.entries()) {
    const [x, y] = [frame, b.rgba[f] ?? frame].map((rgba) =>
      Array.from({ length: a.width * a.height }, (_, p) =>
        Math.floor(
          0.29894 * (rgba[4 * p] ?? 0) +
            0.58704 * (rgba[4 * p + 1] ?? 0) +
            0.11402 * (rgba[4 * p + 2] ?? 0) +
            0.5,
        ),
      ),
    ) as [number[], number[]];
    for (let top = 0; top + 11 <= a.height; top++) {
      for (let left = 0; left + 11 <= a.width; left++) {
        const at = (i: number) => (top + Math.floor(i / 11)) * a.width + left + (i % 11);
        const mean = (value: (i: number) => number) =>
          weights.reduce((sum, w, i) => sum + (w / total) * value(at(i)), 0);
        const [mx, my] = [mean((i) => x[i] ?? 0), mean((i) => y[i] ?? 0)];
        const [vx, vy] = [mean((i) => (x[i] ?? 0) ** 2) - mx ** 2, mean((i) => (y[i] ?? 0) ** 2) - my ** 2];
        const cov = mean((i) => (x[i] ?? 0) * (y[i] ?? 0)) - mx * my;
        values.push(((2 * mx * my + c1) * (2 * cov + c2)) / ((mx ** 2 + my ** 2 + c1) * (vx + vy + c2)));
      }
    }
  }
  return values.reduce((sum, v) => sum + v, 0) / values.length;
}
