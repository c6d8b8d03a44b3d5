import type { Pattern } from '../words.js';

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
