import { expect, it } from 'vitest';
import { sharedPalette } from './shared-palette.js';

/** Frames whose red is the column and whose green is the frame; gives back the pixels that were looked at. */
function pixelsLookedAt(width: number, height: number, count: number): Uint32Array {
  let seen: Uint32Array = new Uint32Array();
  const rgba = Array.from({ length: count }, (_, index) => {
    const values = Uint32Array.from({ length: width * height }, (__, at) => (at % width) + index * 256);
    return new Uint8ClampedArray(values.buffer);
  });
  sharedPalette(
    { width, height, framesPerSecond: 8, rgba },
    {
      quantize: (pixels) => {
        seen = new Uint32Array(pixels.buffer);
        return [];
      },
    },
  );
  return seen;
}

it('looks at every pixel of a small video', () => {
  expect([...pixelsLookedAt(2, 1, 2)]).toEqual([0, 1, 256, 257]);
});

it('looks at every column of every frame of a large video', () => {
  const seen = pixelsLookedAt(240, 1600, 3);
  expect(seen.length).toBeLessThan(500_000);
  expect(new Set(seen).size).toBe(240 * 3);
});
