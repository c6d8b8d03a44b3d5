import type { Pixels } from '../enlarge.js';
import type { Palette } from './gifenc.js';

/** A frame as GIF stores it: up to 256 colours, and for each pixel the index of one. */
export interface Indexed {
  readonly palette: Palette;
  readonly indices: Pixels;
}

export const MOST_COLOURS = 256;

/** A frame in its own colours, or undefined where it has more than 256. Alpha is not kept. */
export function exactColours(pixels: Pixels): Indexed | undefined {
  const indexOf = new Map<number, number>();
  const values = new Uint32Array(pixels.values.length);
  for (const [at, value] of pixels.values.entries()) {
    const colour = value & 0xffffff;
    const known = indexOf.get(colour);
    if (known === undefined && indexOf.size === MOST_COLOURS) return undefined;
    if (known === undefined) indexOf.set(colour, indexOf.size);
    values[at] = known ?? indexOf.size - 1;
  }
  const palette = [...indexOf.keys()].map(
    (colour) => [colour & 255, (colour >> 8) & 255, colour >> 16] as const,
  );
  return { palette, indices: { ...pixels, values } };
}
