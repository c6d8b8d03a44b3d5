import type { Format } from './format-of.js';

/** The short side, in pixels, from which a person sees what a tiny video shows. */
const COMFORTABLE_SIDE = 256;
/** The long side, in pixels, beyond which a long strip is not enlarged. */
const LONGEST_SIDE = 2048;

/**
 * The integer factor used where none was asked for: in what people watch, the smallest that brings the short
 * side to 256 pixels; 1 in PNG files, which people and programs read pixel by pixel.
 */
export function fittingScale(format: Format, width: number, height: number): number {
  switch (format) {
    case 'mp4':
    case 'gif': {
      const wanted = Math.ceil(COMFORTABLE_SIDE / Math.min(width, height));
      const possible = Math.floor(LONGEST_SIDE / Math.max(width, height));
      return Math.max(1, Math.min(wanted, possible));
    }
    case 'png':
    case 'folder':
      return 1;
    default:
      return format satisfies never;
  }
}
