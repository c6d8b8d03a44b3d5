import type { Shape } from '../words.js';

/** Edges are this many pixels wide. */
const SOFT = 1.2;

/** How far inside a shape of radius `r` around the origin a point lies; below 0 outside. Same unit as `r`. */
const INSIDE = {
  circle: (x, y, r) => r - Math.sqrt(x * x + y * y),
  square: (x, y, r) => 0.88 * r - Math.max(Math.abs(x), Math.abs(y)),
  // Point up: base at 0.75 r, tip at −0.95 r.
  triangle: (x, y, r) => Math.min(0.75 * r - y, 0.47 * (0.95 * r + y - 1.9 * Math.abs(x))),
  ring: (x, y, r) => 0.32 * r - Math.abs(Math.sqrt(x * x + y * y) - 0.75 * r),
} as const satisfies Readonly<Record<Shape, (x: number, y: number, r: number) => number>>;

/** Share of a pixel that a shape covers, 0 to 1; all in pixels, from the shape's centre. */
export function coverageOfShape(shape: Shape, x: number, y: number, radius: number): number {
  return Math.min(1, Math.max(0, INSIDE[shape](x, y, radius) / SOFT + 0.5));
}
