import { createRequire } from 'node:module';
import { setImmediate } from 'node:timers/promises';
import { enlarge, type Pixels, packed } from '../enlarge.js';
import type { Frames } from '../frames.js';
import { exactColours, type Indexed } from './exact-colours.js';
import type { Gifenc, Palette } from './gifenc.js';
import { sharedPalette } from './shared-palette.js';

/** Hundredths of a second. Browsers show a frame with a shorter delay for a tenth of a second. */
const SHORTEST_DELAY = 2;

/** An endless GIF89a. Frames with 256 colours or fewer are exact; the others share one fitted palette. */
export async function encodeGif(frames: Frames, scale: number): Promise<Uint8Array> {
  const gifenc = createRequire(import.meta.url)('gifenc') as Gifenc;
  const stream = gifenc.GIFEncoder();
  let shared: Palette | undefined;
  for (const [index, rgba] of frames.rgba.entries()) {
    const pixels = packed(frames.width, frames.height, rgba);
    let indexed = exactColours(pixels);
    if (indexed === undefined) {
      shared ??= sharedPalette(frames, gifenc);
      indexed = nearestColours(pixels, shared, gifenc);
    }
    const { width, height, values } = enlarge(indexed.indices, scale, false);
    const delay = delayOf(index, frames.framesPerSecond) * 10;
    stream.writeFrame(values, width, height, { palette: indexed.palette, delay, repeat: 0 });
    await setImmediate(); // A turn of the event loop, so that Ctrl-C and progress lines work.
  }
  stream.finish();
  return stream.bytes();
}

function nearestColours(pixels: Pixels, palette: Palette, { applyPalette }: Gifenc): Indexed {
  const indices = applyPalette(new Uint8Array(pixels.values.buffer), palette, 'rgb565');
  return { palette, indices: { ...pixels, values: Uint32Array.from(indices) } };
}

/** Hundredths of a second: the differences of the rounded start times, so that rounding does not add up. */
function delayOf(index: number, framesPerSecond: number): number {
  const start = (at: number): number => Math.round((at * 100) / framesPerSecond);
  return Math.max(SHORTEST_DELAY, start(index + 1) - start(index));
}
