import { type Colour, SHAPES, type Shape } from '../words.js';
import type { ExplainedFrame } from './explain-frame.js';
import { type Fit, fitShape } from './fit-shape.js';
import { type Silhouette, silhouetteOf, touches } from './silhouette.js';

/** The largest figure of a colour in a frame, fitted with every shape. */
export interface FittedFigure {
  readonly fits: Readonly<Record<Shape, Fit>>;
  /** Figures of the colour that the frame has. */
  readonly count: number;
}

/**
 * Fits the figures of a frame. Where two touch, one lies on top and hides a part of the other: which one it is, is
 * what lets all of them fit best.
 */
export function fitFrame(
  frame: ExplainedFrame,
  colours: readonly Colour[],
): ReadonlyMap<Colour, FittedFigure> {
  const there = colours.flatMap((colour): readonly Found[] => {
    const silhouette = silhouetteOf(frame, colour, colours);
    return silhouette ? [{ colour, silhouette, free: fitsOf(silhouette) }] : [];
  });
  const candidates = there.map((top) =>
    there.map((one) =>
      one === top || !touches(one.silhouette.box, top.silhouette.box) ? one.free : hidden(one, top),
    ),
  );
  const [best] = candidates.toSorted((a, b) => total(b) - total(a));
  return new Map(
    there.map(({ colour, silhouette, free }, n) => [
      colour,
      { fits: best?.[n] ?? free, count: silhouette.count },
    ]),
  );
}

interface Found {
  readonly colour: Colour;
  readonly silhouette: Silhouette;
  readonly free: Fits;
}

type Fits = Readonly<Record<Shape, Fit>>;

const hidden = (one: Found, top: Found): Fits => fitsOf(one.silhouette, top.silhouette.coverage);

const total = (figures: readonly Fits[]): number =>
  figures.reduce((sum, fits) => sum + Math.max(...SHAPES.map((shape) => fits[shape].score)), 0);

const fitsOf = (silhouette: Silhouette, above?: Float32Array): Fits =>
  Object.fromEntries(SHAPES.map((shape) => [shape, fitShape(shape, silhouette, above)])) as Fits;
