import type { Frames } from '@skipstone/core';
import { encodePng, type Pixels, packed } from '@skipstone/video';
import { decode } from 'fast-png';

/** Frames side by side, as one picture. */
export function stripOf({ width, height, rgba }: Frames): Pixels {
  const values = new Uint32Array(width * height * rgba.length);
  rgba.forEach((frame, t) => {
    const pixels = packed(width, height, frame).values;
    for (let y = 0; y < height; y++) {
      values.set(pixels.subarray(y * width, (y + 1) * width), (y * rgba.length + t) * width);
    }
  });
  return { width: width * rgba.length, height, values };
}

/** A strip as a PNG file, from which `framesOf` has the same bytes again. */
export const stripFile = (video: Frames): Uint8Array => encodePng(stripOf(video));

/** Square frames of a strip. */
export function framesOf(file: Uint8Array, framesPerSecond: number): Frames {
  const { width, height, data } = decode(file);
  const row = 4 * height;
  const rgba = Array.from({ length: width / height }, (_, t) => {
    const frame = new Uint8ClampedArray(row * height);
    for (let y = 0; y < height; y++) {
      const start = 4 * (y * width + t * height);
      frame.set(data.subarray(start, start + row), y * row);
    }
    return frame;
  });
  return { width: height, height, framesPerSecond, rgba };
}
