import type { Backdrop, Colour } from '../words.js';
import { between, COLOUR_RGB, type Rgb, tonesOf } from './palette.js';
import { AREA, leastOf, rgbOf } from './pixels.js';

/** This near to the backdrop, a pixel is of it, whatever else might explain it. */
const NEAR = 0.08;
/** Farther from every mixture, a pixel is of something else. */
const FAR = 0.25;

/** What each pixel of a frame shows. */
export interface ExplainedFrame {
  /** `[64 · 64]` of each colour: the share of the pixel it covers, 0 to 1. */
  readonly coverage: ReadonlyMap<Colour, Float32Array>;
  /** Pixels that are no mixture of the backdrop and these colours. */
  readonly strange: (i: number) => boolean;
}

/** Takes each pixel for the mixture it is nearest to: the backdrop's tones, one with a colour, two colours. */
export function explainFrame(
  frame: Uint8ClampedArray,
  backdrop: Backdrop,
  colours: readonly Colour[],
): ExplainedFrame {
  const coverage = new Map(colours.map((name) => [name, new Float32Array(AREA)]));
  const strange = new Uint8Array(AREA);
  const [dark, light] = tonesOf(backdrop);
  for (let i = 0; i < AREA; i++) {
    const pixel = rgbOf(frame, i);
    const { off } = between(pixel, dark, light);
    if (off < NEAR) continue;
    const best = nearest(pixel, [dark, light], colours);
    if (Math.min(off, best.off) > FAR) strange[i] = 1;
    else if (best.off < off)
      for (const [name, share] of best.shares) coverage.get(name)?.fill(share, i, i + 1);
  }
  return { coverage, strange: (i) => strange[i] === 1 };
}

interface Mixture {
  readonly shares: readonly (readonly [Colour, number])[];
  readonly off: number;
}

function nearest(pixel: Rgb, tones: readonly Rgb[], colours: readonly Colour[]): Mixture {
  const mixtures = colours.flatMap((name, n): readonly Mixture[] => [
    ...tones.map((tone): Mixture => {
      const { share, off } = between(pixel, tone, COLOUR_RGB[name]);
      return { shares: [[name, share]], off };
    }),
    ...colours.slice(n + 1).map((other): Mixture => {
      const { share, off } = between(pixel, COLOUR_RGB[name], COLOUR_RGB[other]);
      const rest = [name, 1 - share] as const;
      return { shares: [rest, [other, share]], off };
    }),
  ]);
  return leastOf(mixtures, ({ off }) => off) ?? { shares: [], off: Infinity };
}
