import type { Frames } from '@skipstone/core';
import { FRAMES_PER_SECOND, PIXELS } from '../codec.js';
import type { Figure } from '../scene.js';
import type { Backdrop, Pattern } from '../words.js';
import { coverageOfShape } from './coverage-of-shape.js';
import { COLOUR_RGB, type Rgb, tonesOf } from './palette.js';
import { PATTERN_TONE } from './pattern-tone.js';

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
