import { PIXELS } from '../codec.js';
import type { Shape } from '../words.js';
import { coverageOfShape } from './draw-video.js';
import type { Silhouette } from './silhouette.js';

/** Where a shape fits a silhouette best, pixels. */
export interface Fit {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  /** What both cover over what either covers, 0 to 1, where nothing lies on top. */
  readonly score: number;
  /** Share of the shape, placed so, that nothing lies on top of. */
  readonly seen: number;
}

/** Radii that are tried, pixels: those of drawn scenes are 6.4 to 11.5. */
const RADII = [4, 15] as const;
/** Half of a shape's width, in radii. */
const HALF_WIDTH = { circle: 1, square: 0.88, triangle: 0.9, ring: 1.07 } as const satisfies Record<
  Shape,
  number
>;
/** Steps of the search, pixels; the next when a step to no side fits better. */
const STEPS = [1, 0.5];
/** What is hidden may be much larger than what is seen. */
const LONG_STEPS = [3, ...STEPS];

/**
 * Fits a shape to a silhouette by moving and resizing it as long as that is better; `above` `[64 · 64]` is the share
 * of each pixel that something on top covers.
 */
export function fitShape(shape: Shape, { coverage, box }: Silhouette, above?: Float32Array): Fit {
  const half = (Math.max(box.right - box.left, box.bottom - box.top) - 3) / 2;
  const start = {
    x: (box.left + box.right + 1) / 2,
    y: (box.top + box.bottom + 1) / 2,
    radius: within(half / HALF_WIDTH[shape]),
  };
  const measured = (place: Place): Fit => measure(shape, { coverage, box }, above, place);
  return climb(start, measured, above ? LONG_STEPS : STEPS);
}

type Place = Pick<Fit, 'x' | 'y' | 'radius'>;

function climb(start: Place, measured: (place: Place) => Fit, steps: readonly number[]): Fit {
  let best = measured(start);
  for (const step of steps) {
    for (let better = true; better; ) {
      better = false;
      for (const side of ['x', 'y', 'radius'] as const) {
        for (const way of [-step, step]) {
          const place = { x: best.x, y: best.y, radius: best.radius };
          place[side] += way;
          const fit = measured({ ...place, radius: within(place.radius) });
          if (fit.score <= best.score) continue;
          best = fit;
          better = true;
        }
      }
    }
  }
  return best;
}

const within = (radius: number): number => Math.min(RADII[1], Math.max(RADII[0], radius));

/** How well a shape at a place agrees with a silhouette. */
function measure(
  shape: Shape,
  { coverage, box }: Pick<Silhouette, 'coverage' | 'box'>,
  above: Float32Array | undefined,
  { x, y, radius }: Place,
): Fit {
  let [both, either, whole, shown] = [0, 0, 0, 0];
  const reach = 1.1 * radius + 1;
  const from = (box: number, at: number): number => Math.max(0, Math.floor(Math.min(box, at - reach)));
  const to = (box: number, at: number): number => Math.min(PIXELS - 1, Math.max(box, at + reach));
  const [left, right] = [from(box.left, x), to(box.right, x)];
  for (let row = from(box.top, y); row <= to(box.bottom, y); row++) {
    for (let column = left; column <= right; column++) {
      const i = row * PIXELS + column;
      const share = coverageOfShape(shape, column + 0.5 - x, row + 0.5 - y, radius);
      const want = above ? share * (1 - (above[i] ?? 0)) : share;
      const have = coverage[i] ?? 0;
      both += Math.min(want, have);
      either += Math.max(want, have);
      whole += share;
      shown += want;
    }
  }
  return { x, y, radius, score: both / either || 0, seen: shown / whole || 0 };
}
