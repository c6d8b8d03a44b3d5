import type { Backdrop, Colour, Pattern } from '../words.js';

/** Red, green, blue, each 0 to 1. */
export type Rgb = readonly [number, number, number];

/** What the words stood for in the drawn scenes that the model was trained on. */
export const COLOUR_RGB = {
  red: [0.9, 0.15, 0.15],
  green: [0.15, 0.75, 0.25],
  blue: [0.2, 0.35, 0.95],
  yellow: [0.95, 0.85, 0.15],
  purple: [0.6, 0.2, 0.8],
  orange: [0.98, 0.55, 0.1],
  white: [0.95, 0.95, 0.95],
  cyan: [0.15, 0.85, 0.9],
} as const satisfies Readonly<Record<Colour, Rgb>>;

/** The darker of a backdrop's two tones. */
export const BACKDROP_RGB = {
  black: [0.05, 0.05, 0.07],
  gray: [0.45, 0.45, 0.48],
  navy: [0.06, 0.08, 0.25],
  brown: [0.3, 0.2, 0.12],
} as const satisfies Readonly<Record<Backdrop, Rgb>>;

/** The lighter tone is this much more of each colour. */
export const TONE = 0.16;

export const tonesOf = (backdrop: Backdrop): readonly [Rgb, Rgb] => {
  const dark: Rgb = BACKDROP_RGB[backdrop];
  return [dark, [dark[0] + TONE, dark[1] + TONE, dark[2] + TONE]];
};

export const distance = (a: Rgb, b: Rgb): number => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);

/** How far along the way from `a` to `b` the colour nearest to `p` is, 0 to 1, and how far off it `p` lies. */
export function between(p: Rgb, a: Rgb, b: Rgb): { readonly share: number; readonly off: number } {
  const [x, y, z] = [b[0] - a[0], b[1] - a[1], b[2] - a[2]];
  const along = (p[0] - a[0]) * x + (p[1] - a[1]) * y + (p[2] - a[2]) * z;
  const share = Math.min(1, Math.max(0, along / (x * x + y * y + z * z)));
  return { share, off: distance(p, [a[0] + share * x, a[1] + share * y, a[2] + share * z]) };
}

/** Two stripes, or two checks, in a quarter of the picture; a dot in every quarter of both sides. */
const PERIOD = 0.25;
/** Squared radius of a dot, in periods. */
const DOT = 0.06;

/** 1 where the lighter tone lies, else 0; `x` and `y` are fractions of the side, 0 at the left and at the top. */
export const PATTERN_TONE = {
  plain: () => 0,
  striped: (_, y) => half(y),
  checkered: (x, y) => (half(x) + half(y)) % 2,
  dotted: (x, y) => (middle(x) ** 2 + middle(y) ** 2 < DOT ? 1 : 0),
} as const satisfies Readonly<Record<Pattern, (x: number, y: number) => number>>;

const half = (at: number): number => Math.floor((2 * at) / PERIOD) % 2;
const middle = (at: number): number => ((at / PERIOD) % 1) - 0.5;
