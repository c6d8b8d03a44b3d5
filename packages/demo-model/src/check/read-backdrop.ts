import type { Frames } from '@skipstone/core';
import { PIXELS } from '../codec.js';
import { BACKDROPS, type Backdrop, PATTERNS, type Pattern } from '../words.js';
import { between, PATTERN_TONE, type Rgb, tonesOf } from './palette.js';
import { AREA, leastOf, medianPicture, rgbOf } from './pixels.js';

/** A pixel this near to the way between the two tones of a backdrop is of it. */
const NEAR = 0.15;
/** A backdrop fills at least this much of the picture. */
const LEAST_SHARE = 0.4;
/** Mean distance of a pattern's tones from the picture's, 0 to 1: half means anything. */
const MOST_OFF = 0.25;
/** Patterns whose tones share the picture evenly: a prompt does not say which of them comes first. */
const EVEN: readonly Pattern[] = ['striped', 'checkered'];

export interface SeenBackdrop {
  /** Absent where nothing like a backdrop fills the picture. */
  readonly backdrop: Backdrop | undefined;
  /** Absent where the tones lie as in none. */
  readonly pattern: Pattern | undefined;
}

/** Which backdrop is nearest to the most pixels, and which pattern its tones lie in. */
export function readBackdrop(video: Frames): SeenBackdrop {
  const picture = medianPicture(video);
  const pixels = Array.from({ length: AREA }, (_, i) => rgbOf(picture, i));
  const nearest = pixels.map(nearestBackdrop);
  const share = (name: Backdrop): number => nearest.filter((one) => one === name).length / AREA;
  const backdrop = leastOf(BACKDROPS, (name) => -share(name)) ?? BACKDROPS[0];
  if (share(backdrop) < LEAST_SHARE) return { backdrop: undefined, pattern: undefined };
  const seen = pixels.map((rgb, i) => (nearest[i] === backdrop ? toneOf(rgb, backdrop) : undefined));
  const off = (name: Pattern): number => distanceFrom(name, seen);
  const pattern = leastOf(PATTERNS, off);
  return { backdrop, pattern: pattern && off(pattern) <= MOST_OFF ? pattern : undefined };
}

function nearestBackdrop(rgb: Rgb): Backdrop | undefined {
  const off = (name: Backdrop): number => between(rgb, ...tonesOf(name)).off;
  const nearest = leastOf(BACKDROPS, off);
  return nearest && off(nearest) <= NEAR ? nearest : undefined;
}

const toneOf = (rgb: Rgb, backdrop: Backdrop): number => between(rgb, ...tonesOf(backdrop)).share;

function distanceFrom(pattern: Pattern, seen: readonly (number | undefined)[]): number {
  let [sum, count] = [0, 0];
  seen.forEach((tone, i) => {
    if (tone === undefined) return;
    const [x, y] = [((i % PIXELS) + 0.5) / PIXELS, (Math.floor(i / PIXELS) + 0.5) / PIXELS];
    sum += Math.abs(tone - PATTERN_TONE[pattern](x, y));
    count++;
  });
  const off = sum / count;
  return EVEN.includes(pattern) ? Math.min(off, 1 - off) : off;
}
