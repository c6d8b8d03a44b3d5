import type { HostTensor } from '@skipstone/core';

/** A picture of one byte a colour: red, green and blue of each pixel, rows from the top. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/** A picture as tensor `[3, H, W]`, each value by its channel: from 0 to 255 to what a model reads. */
export function toTensor(
  { width, height, rgb }: Picture,
  by: (value: number, channel: number) => number,
): HostTensor {
  const area = width * height;
  const data = Float32Array.from({ length: 3 * area }, (_, i) => {
    const channel = Math.floor(i / area);
    return by(rgb[(i % area) * 3 + channel] ?? 0, channel);
  });
  return { type: 'float32', shape: [3, height, width], data };
}

/** 0 to 255 to −1 to 1, rounded as the reference does it, in float32. */
export const toSigned = (value: number): number => Math.fround(2 * Math.fround(value / 255) - 1);

/** The middle of a picture. */
export function centreCrop(
  { width, height, rgb }: Picture,
  side: { readonly width: number; readonly height: number },
): Picture {
  const [left, top] = [Math.floor((width - side.width) / 2), Math.floor((height - side.height) / 2)];
  const cropped = new Uint8Array(side.width * side.height * 3);
  for (let y = 0; y < side.height; y++) {
    for (let i = 0; i < side.width * 3; i++) {
      const [from, x] = [(top + y) * width * 3, left * 3 + i];
      const inside = top + y >= 0 && top + y < height && x >= 0 && x < width * 3;
      cropped[y * side.width * 3 + i] = inside ? (rgb[from + x] ?? 0) : 0;
    }
  }
  return { ...side, rgb: cropped };
}
