import type { Frames } from '@skipstone/core';
import { type Backdrop, COLOURS, type Colour } from '../words.js';
import { between, COLOUR_RGB, distance, type Rgb, tonesOf } from './palette.js';
import { AREA, hasFigure, LEAST_FRAMES, leastOf, rgbOf } from './pixels.js';

/** A pixel this near to a colour, and nearer than to the backdrop, has it. */
const NEAR = 0.25;
/** A pixel this near to the backdrop is of it. */
const NEAREST = 0.1;

/** Colours of which there is a figure in the picture, not only the rim of one. */
export function readColours({ rgba }: Frames, backdrop: Backdrop): readonly Colour[] {
  const labels = rgba.map((frame) =>
    Array.from({ length: AREA }, (_, i) => colourOf(rgbOf(frame, i), backdrop)),
  );
  return COLOURS.filter((colour) => {
    const having = labels.filter((label) => hasFigure((i) => label[i] === colour));
    return having.length >= LEAST_FRAMES * rgba.length;
  });
}

function colourOf(rgb: Rgb, backdrop: Backdrop): Colour | undefined {
  const ground = between(rgb, ...tonesOf(backdrop)).off;
  if (ground < NEAREST) return undefined;
  const off = (name: Colour): number => distance(rgb, COLOUR_RGB[name]);
  const nearest = leastOf(COLOURS, off);
  return nearest && off(nearest) < Math.min(NEAR, ground) ? nearest : undefined;
}
