import type { Frames } from '@skipstone/core';
import { PIXELS } from '../codec.js';
import type { Rgb } from './palette.js';

/** Pixels of a picture. */
export const AREA = PIXELS * PIXELS;

/** Colour of pixel `i`, row by row. */
export const rgbOf = (picture: Uint8ClampedArray, i: number): Rgb => [
  (picture[4 * i] ?? 0) / 255,
  (picture[4 * i + 1] ?? 0) / 255,
  (picture[4 * i + 2] ?? 0) / 255,
];

/** Each colour of each pixel is its median over the frames, so what passes by is gone. */
export function medianPicture({ rgba }: Frames): Uint8ClampedArray {
  const middle = Math.floor(rgba.length / 2);
  return Uint8ClampedArray.from(
    { length: 4 * AREA },
    (_, i) => rgba.map((frame) => frame[i] ?? 0).sort((a, b) => a - b)[middle] ?? 0,
  );
}

/** Pixels that hang together by their sides, one list for each group. */
export function components(inside: (i: number) => boolean): readonly (readonly number[])[] {
  const seen = new Uint8Array(AREA);
  const found: number[][] = [];
  for (let start = 0; start < AREA; start++) {
    if (seen[start] || !inside(start)) continue;
    seen[start] = 1;
    const group = [start];
    for (let at = 0; at < group.length; at++) {
      for (const next of neighbours(group[at] ?? 0)) {
        if (seen[next] || !inside(next)) continue;
        seen[next] = 1;
        group.push(next);
      }
    }
    found.push(group);
  }
  return found;
}

/** Pixels whose four neighbours are inside too: what a rim, one or two pixels wide, does not have. */
export const core = (group: readonly number[], inside: (i: number) => boolean): readonly number[] =>
  group.filter((i) => neighbours(i).length === 4 && neighbours(i).every(inside));

function neighbours(i: number): readonly number[] {
  const column = i % PIXELS;
  return [
    ...(column > 0 ? [i - 1] : []),
    ...(column < PIXELS - 1 ? [i + 1] : []),
    ...(i >= PIXELS ? [i - PIXELS] : []),
    ...(i < AREA - PIXELS ? [i + PIXELS] : []),
  ];
}

/** A group of which as many pixels lie beside its rim is a figure … */
export const LEAST_CORE = 6;
/** … where it is in as many of the frames. */
export const LEAST_FRAMES = 1 / 4;

/** Whether these pixels have a figure, not only the rim of one. */
export const hasFigure = (inside: (i: number) => boolean): boolean =>
  components(inside).some((group) => core(group, inside).length >= LEAST_CORE);

/** The first item whose value is least. */
export const leastOf = <Item>(items: readonly Item[], value: (item: Item) => number): Item | undefined =>
  items.reduce<Item | undefined>(
    (best, item) => (best === undefined || value(item) < value(best) ? item : best),
    undefined,
  );
