import type { Pixels } from '../enlarge.js';

/** Dark grey, opaque, as the bytes 24 24 24 255: visible beside black and beside white frames. */
const GAP_COLOUR = 0xff181818;

/** Frames of one size in a grid of about square outline, read like text, `gapPixels` apart. */
export function contactSheet(frames: readonly Pixels[], gapPixels: number): Pixels {
  const cellWidth = frames[0]?.width ?? 0;
  const cellHeight = frames[0]?.height ?? 0;
  const columns = columnsFor(frames.length, cellWidth, cellHeight);
  const rows = Math.ceil(frames.length / columns);
  const width = columns * (cellWidth + gapPixels) - gapPixels;
  const height = rows * (cellHeight + gapPixels) - gapPixels;
  const values = new Uint32Array(width * height).fill(GAP_COLOUR);
  frames.forEach((frame, index) => {
    const left = (index % columns) * (cellWidth + gapPixels);
    const top = Math.floor(index / columns) * (cellHeight + gapPixels);
    for (let y = 0; y < cellHeight; y++) {
      const row = frame.values.subarray(y * cellWidth, (y + 1) * cellWidth);
      values.set(row, (top + y) * width + left);
    }
  });
  return { width, height, values };
}

function columnsFor(count: number, cellWidth: number, cellHeight: number): number {
  const square = Math.round(Math.sqrt((count * cellHeight) / cellWidth));
  return Math.min(count, Math.max(1, square));
}
