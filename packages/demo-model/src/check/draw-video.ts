import type { Frames } from '@skipstone/core';
import { FRAMES_PER_SECOND, PIXELS } from '../codec.js';
import type { Backdrop, Figure, Pattern, Shape } from '../words.js';
import { COLOUR_RGB, PATTERN_TONE, type Rgb, tonesOf } from './palette.js';

/** Fractions of the picture's side: across from the left, down from the top. */
export type Point = readonly [number, number];

/** A shape and its way: at a constant speed from one place to another. */
export interface PlacedFigure extends Figure {
  /** Fraction of the side. */
  readonly radius: number;
  readonly from: Point;
  readonly to: Point;
}

/** A picture before it is drawn. */
export interface Drawing {
  readonly pattern: Pattern;
  readonly backdrop: Backdrop;
  /** The last lies on top. */
  readonly figures: readonly PlacedFigure[];
}

/** Draws a video as those the model was trained on, 64×64 pixels; one frame is the middle of the way. */
export function drawVideo(drawing: Drawing, frames: number): Frames {
  const rgba = Array.from({ length: frames }, (_, t) =>
    drawFrame(drawing, frames === 1 ? 0.5 : t / (frames - 1)),
  );
  return { width: PIXELS, height: PIXELS, framesPerSecond: FRAMES_PER_SECOND, rgba };
}

function drawFrame({ pattern, backdrop, figures }: Drawing, time: number): Uint8ClampedArray {
  const tones = tonesOf(backdrop);
  const now = figures.map(({ from, to, radius, shape, colour }) => ({
    x: PIXELS * (from[0] + time * (to[0] - from[0])),
    y: PIXELS * (from[1] + time * (to[1] - from[1])),
    radius: PIXELS * radius,
    shape,
    rgb: COLOUR_RGB[colour],
  }));
  const picture = new Uint8ClampedArray(PIXELS * PIXELS * 4).fill(255);
  for (let row = 0; row < PIXELS; row++) {
    for (let column = 0; column < PIXELS; column++) {
      const [x, y] = [column + 0.5, row + 0.5];
      let colour: Rgb = tones[PATTERN_TONE[pattern](x / PIXELS, y / PIXELS)] ?? tones[0];
      for (const one of now) {
        colour = mix(colour, one.rgb, coverageOfShape(one.shape, x - one.x, y - one.y, one.radius));
      }
      picture.set(
        colour.map((value) => Math.floor(255 * value)),
        4 * (row * PIXELS + column),
      );
    }
  }
  return picture;
}

const mix = (a: Rgb, b: Rgb, share: number): Rgb => [
  a[0] + share * (b[0] - a[0]),
  a[1] + share * (b[1] - a[1]),
  a[2] + share * (b[2] - a[2]),
];

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
