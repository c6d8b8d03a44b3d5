import { PIXELS } from '../codec.js';
import type { Colour } from '../words.js';
import type { ExplainedFrame } from './explain-frame.js';
import { AREA, components, core, LEAST_CORE } from './pixels.js';

/** The largest figure of a colour in a frame. */
export interface Silhouette {
  /** `[64 · 64]`, share of each pixel that it covers, 0 to 1. */
  readonly coverage: Float32Array;
  readonly box: Box;
  /** Figures of the colour that the frame has. */
  readonly count: number;
}

/** First and last column, first and last row. */
export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Soft edges reach this far beyond the pixels that are mostly covered. */
const EDGE = 2;

/** Finds the figures of a colour. What lies on top may part one: pieces with another colour between are one. */
export function silhouetteOf(
  { coverage }: ExplainedFrame,
  colour: Colour,
  colours: readonly Colour[],
): Silhouette | undefined {
  const own = coverage.get(colour) ?? new Float32Array(AREA);
  const inside = (i: number): boolean => (own[i] ?? 0) >= 0.5;
  const any = (i: number): boolean => colours.some((name) => (coverage.get(name)?.[i] ?? 0) >= 0.5);
  const groups = components(any)
    .map((group) => group.filter(inside))
    .filter((group) => core(group, inside).length >= LEAST_CORE)
    .sort((a, b) => b.length - a.length);
  const [largest] = groups;
  if (largest === undefined) return undefined;
  const box = boxOf(largest);
  return { coverage: own.map((share, i) => (within(i, box) ? share : 0)), box, count: groups.length };
}

/** Whether one may lie on top of another. */
export const touches = (a: Box, b: Box): boolean =>
  a.left <= b.right + EDGE &&
  b.left <= a.right + EDGE &&
  a.top <= b.bottom + EDGE &&
  b.top <= a.bottom + EDGE;

function boxOf(group: readonly number[]): Box {
  const columns = group.map((i) => i % PIXELS);
  const rows = group.map((i) => Math.floor(i / PIXELS));
  return {
    left: Math.min(...columns) - EDGE,
    right: Math.max(...columns) + EDGE,
    top: Math.min(...rows) - EDGE,
    bottom: Math.max(...rows) + EDGE,
  };
}

function within(i: number, { left, right, top, bottom }: Box): boolean {
  const [column, row] = [i % PIXELS, Math.floor(i / PIXELS)];
  return column >= left && column <= right && row >= top && row <= bottom;
}
