import { packed } from '../enlarge.js';
import type { Frames } from '../frames.js';
import { MOST_COLOURS } from './exact-colours.js';
import type { Gifenc, Palette } from './gifenc.js';

/** Enough pixels to know a video's colours; fitting a palette to them takes about a quarter of a second. */
const PIXELS_LOOKED_AT = 500_000;

/**
 * The 256 colours that fit a whole video best. One palette for all frames, so that colours do not flicker.
 */
export function sharedPalette(frames: Frames, { quantize }: Pick<Gifenc, 'quantize'>): Palette {
  const pixelsPerFrame = frames.width * frames.height;
  const stride = strideFor(frames.width, pixelsPerFrame * frames.rgba.length);
  const perFrame = Math.ceil(pixelsPerFrame / stride);
  const sample = new Uint32Array(perFrame * frames.rgba.length);
  for (const [index, rgba] of frames.rgba.entries()) {
    const { values } = packed(frames.width, frames.height, rgba);
    for (let at = 0; at < perFrame; at++) sample[index * perFrame + at] = values[at * stride] ?? 0;
  }
  return quantize(new Uint8Array(sample.buffer), MOST_COLOURS, { format: 'rgb565' });
}

/** Without a divisor in common with the width, so that the sample has pixels of every column. */
function strideFor(width: number, pixels: number): number {
  let stride = Math.ceil(pixels / PIXELS_LOOKED_AT);
  while (commonDivisor(stride, width) > 1) stride += 1;
  return stride;
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}
