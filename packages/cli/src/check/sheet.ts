import type { Frames } from '@skipstone/core';
import { PARTS, type Verdict } from '@skipstone/demo-model/check';
import { contactSheet, encodePng, enlarge, type Pixels } from '@skipstone/video';
import { stripOf } from './strip.js';

/** Packed colours, alpha blue green red. */
const RIGHT = 0xff3cb43c;
const WRONG = 0xff2828d2;
/** Pixels of a mark and the gap below it: nine fill the height of a frame. */
const MARK = 6;
const STEP = 7;

/** One video a row, its frames side by side, a mark for each part at the right; a PNG file, twice enlarged. */
export function sheetFile(
  videos: readonly { readonly video: Frames; readonly verdict: Verdict }[],
): Uint8Array {
  const rows = videos.map(({ video, verdict }) => marked(stripOf(video), verdict));
  return encodePng(enlarge(contactSheet(rows, 2), 2, false));
}

function marked({ width, height, values }: Pixels, verdict: Verdict): Pixels {
  const wide = width + 2 * STEP;
  const all = new Uint32Array(wide * height).fill(0xff000000);
  for (let y = 0; y < height; y++) {
    all.set(values.subarray(y * width, (y + 1) * width), y * wide);
    const part = PARTS[Math.floor(y / STEP)];
    if (part === undefined || y % STEP >= MARK) continue;
    const colour = verdict[part].right ? RIGHT : WRONG;
    all.fill(colour, y * wide + width + 1, y * wide + width + 1 + MARK);
  }
  return { width: wide, height, values: all };
}
