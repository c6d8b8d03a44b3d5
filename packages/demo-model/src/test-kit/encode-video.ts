import type { Frames, HostTensor } from '@skipstone/core';
import { CHANNELS, type CodecTables, LATENT_SIDE, PIXELS, SQUARE, VALUES } from '../codec.js';

/**
 * Latents `[16, T, 16, 16]` of a 64×64 video, as training saw it: the part of each 4×4 square that the codec's
 * orthogonal basis can say. The model itself never encodes.
 */
export function encodeVideo({ rgba }: Frames, tables: CodecTables): HostTensor {
  const shape = [CHANNELS, rgba.length, LATENT_SIDE, LATENT_SIDE];
  const data = new Float32Array(shape.reduce((a, b) => a * b));
  const plane = LATENT_SIDE * LATENT_SIDE;
  rgba.forEach((frame, t) => {
    for (let at = 0; at < plane; at++) {
      encodeSquare(squareOf(frame, at), tables).forEach((z, c) => {
        data[(c * rgba.length + t) * plane + at] = z;
      });
    }
  });
  return { type: 'float32', shape, data };
}

/** 48 values of a latent pixel: row, column, colour, in [−1, 1]. */
function squareOf(frame: Uint8ClampedArray, at: number): readonly number[] {
  const [top, left] = [SQUARE * Math.floor(at / LATENT_SIDE), SQUARE * (at % LATENT_SIDE)];
  return Array.from({ length: VALUES }, (_, i) => {
    const pixel = Math.floor(i / 3);
    const [row, column] = [top + Math.floor(pixel / SQUARE), left + (pixel % SQUARE)];
    return (frame[4 * (row * PIXELS + column) + (i % 3)] ?? 0) / 127.5 - 1;
  });
}

function encodeSquare(values: readonly number[], { basis, mean }: CodecTables): readonly number[] {
  return Array.from({ length: CHANNELS }, (_, c) => {
    let [along, length] = [0, 0];
    values.forEach((value, i) => {
      const direction = basis[c * VALUES + i] ?? 0;
      along += (value - (mean[i] ?? 0)) * direction;
      length += direction * direction;
    });
    return along / length;
  });
}
