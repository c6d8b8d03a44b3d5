import type { Frames } from '@skipstone/core';
import { type Colour, SHAPES, type Shape } from '../words.js';
import { explainFrame } from './explain-frame.js';
import { type FittedFigure, fitFrame } from './fit-frame.js';
import { hasFigure, LEAST_FRAMES, leastOf } from './pixels.js';
import { readBackdrop, type SeenBackdrop } from './read-backdrop.js';
import { readColours } from './read-colours.js';

/** What a video shows. */
export interface SeenVideo extends SeenBackdrop {
  readonly frames: number;
  /** The largest of each colour there is; none where there is no backdrop to tell them from. */
  readonly figures: readonly SeenFigure[];
  /** How many there are in more than a few frames, further ones of a colour and those of no known colour too. */
  readonly count: number;
}

/** A figure through a video. */
export interface SeenFigure {
  readonly colour: Colour;
  /** The shape that fits best, all frames together. */
  readonly shape: Shape;
  /** How well it fits, 0 to 1. */
  readonly fit: number;
  /** Where it is, in the frames in which it can be seen. */
  readonly track: readonly Sighting[];
}

/** Pixels from the left and from the top. */
export interface Sighting {
  readonly frame: number;
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  /** Share of the figure that nothing lies on top of, 0 to 1. */
  readonly seen: number;
}

/** Reads what a video shows; knows nothing of a prompt. */
export function readVideo(video: Frames): SeenVideo {
  const ground = readBackdrop(video);
  const frames = video.rgba.length;
  if (ground.backdrop === undefined) return { ...ground, frames, figures: [], count: 0 };
  const { backdrop } = ground;
  const colours = readColours(video, backdrop);
  const explained = video.rgba.map((frame) => explainFrame(frame, backdrop, colours));
  const fitted = explained.map((frame) => fitFrame(frame, colours));
  const figures = colours.map((colour) =>
    figureOf(
      colour,
      fitted.map((one) => one.get(colour)),
    ),
  );
  const often = (has: (frame: number) => boolean): number =>
    Number(explained.filter((_, frame) => has(frame)).length >= LEAST_FRAMES * frames);
  const twice = colours.map((colour) => often((frame) => (fitted[frame]?.get(colour)?.count ?? 0) > 1));
  const strange = often((frame) => hasFigure(explained[frame]?.strange ?? (() => false)));
  return { ...ground, frames, figures, count: twice.reduce((a, b) => a + b, colours.length + strange) };
}

function figureOf(colour: Colour, frames: readonly (FittedFigure | undefined)[]): SeenFigure {
  const there = frames.flatMap((figure, frame) => (figure ? [{ frame, fits: figure.fits }] : []));
  // What is hidden mostly says little of the shape.
  const mean = (shape: Shape): number => {
    const weights = there.map(({ fits }) => fits[shape].seen ** 2);
    const sum = there.reduce((all, { fits }, n) => all + fits[shape].score * (weights[n] ?? 0), 0);
    return sum / weights.reduce((a, b) => a + b, 0);
  };
  const shape = leastOf(SHAPES, (one) => -mean(one)) ?? SHAPES[0];
  const track = there.map(({ frame, fits }) => ({ frame, ...fits[shape] }));
  return { colour, shape, fit: mean(shape), track };
}
