import { PIXELS } from '../codec.js';
import { AREA } from './pixels.js';

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
