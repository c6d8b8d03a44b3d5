import type { Grid } from '../spec/model.js';
import type { HostTensor } from '../spec/tensor.js';

export interface AxialRotary {
  /** K, width of a head; even. */
  readonly headWidth: number;
  /** θ of frames, rows and columns. Default 10,000 each. */
  readonly bases?: readonly [number, number, number];
  /** What positions of frames are multiplied by: the time that a frame takes. Default 1. */
  readonly stretch?: number;
}

/** Channels of a head that turn with frames, rows and columns: dt = K − 2·dh, dh = dw = 2·⌊K/6⌋. */
export function axisWidths(headWidth: number): readonly [number, number, number] {
  const across = 2 * Math.floor(headWidth / 6);
  return [headWidth - 2 * across, across, across];
}

/**
 * Tables `[N, K/2]` of cosines and sines for tokens of 1×2×2 patches, whose channels are split over frames,
 * rows and columns: an axis of d channels at position p has the angles p·θ^(−2j/d). float64 throughout,
 * rounded once.
 */
export function axialRotary(
  { frames: T, height, width }: Grid,
  { headWidth, bases = [10000, 10000, 10000], stretch = 1 }: AxialRotary,
): Record<'rotary.cos' | 'rotary.sin', HostTensor> {
  const widths = axisWidths(headWidth);
  const frequencies = bases.map((base, axis) => {
    const d = widths[axis] ?? 0;
    return Array.from({ length: d / 2 }, (_, j) => base ** ((-2 * j) / d));
  });
  const [Y, X] = [height / 2, width / 2];
  const half = headWidth / 2;
  const shape = [T * Y * X, half];
  const cos = new Float32Array(T * Y * X * half);
  const sin = new Float32Array(T * Y * X * half);
  let at = 0;
  for (let t = 0; t < T; t++) {
    for (let y = 0; y < Y; y++) {
      for (let x = 0; x < X; x++) {
        const position = [t * stretch, y, x];
        for (const [axis, list] of frequencies.entries()) {
          for (const frequency of list) {
            const angle = (position[axis] ?? 0) * frequency;
            cos[at] = Math.cos(angle);
            sin[at++] = Math.sin(angle);
          }
        }
      }
    }
  }
  return {
    'rotary.cos': { type: 'float32', shape, data: cos },
    'rotary.sin': { type: 'float32', shape, data: sin },
  };
}
