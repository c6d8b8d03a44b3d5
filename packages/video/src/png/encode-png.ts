import { encode } from 'fast-png';
import type { Pixels } from '../enlarge.js';

/** A PNG file: 8 bits, four channels, lossless. */
export function encodePng({ width, height, values }: Pixels): Uint8Array {
  return encode({ width, height, data: new Uint8Array(values.buffer), depth: 8, channels: 4 });
}
