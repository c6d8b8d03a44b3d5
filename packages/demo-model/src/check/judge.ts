import { PIXELS } from '../codec.js';
import type { Scene, Shape } from '../words.js';
import { travelOf, wentAsAsked } from './motion.js';
import { LEAST_FRAMES } from './pixels.js';
import type { SeenFigure, SeenVideo, Sighting } from './read-video.js';

/** What a video is judged by. */
export const PARTS = [
  'backdrop',
  'pattern',
  'two figures',
  'resting colour',
  'resting shape',
  'resting place',
  'moving colour',
  'moving shape',
  'motion',
] as const;

export type Part = (typeof PARTS)[number];

/** One part of a video, held against its prompt. */
export interface Finding {
  readonly right: boolean;
  /** What was seen, in a few words. */
  readonly saw: string;
}

export type Verdict = Readonly<Record<Part, Finding>>;

/** Whether all parts are right. */
export const allRight = (verdict: Verdict): boolean => PARTS.every((part) => verdict[part].right);

/** A shape that fits worse is none: drawn ones, after the codec, fit at least 0.82. */
const LEAST_FIT = 0.76;
/** The moving shape is seen in at least this share of the frames. */
const LEAST_SIGHTED = 0.75;
/** A resting shape is never farther from its middle place, pixels; twice as far where half of it is hidden. */
const MOST_ASTRAY = 3;
/** It lies inside of the picture but for this much, pixels: drawn ones have 2 pixels to the edge. */
const MOST_OUTSIDE = 1.5;
/** Centres this near, pixels: one shape may hide the other. */
const REACH = 16;

/** Holds what a video shows against what its prompt says. */
export function judge(seen: SeenVideo, scene: Scene): Verdict {
  const [mover, rester] = rolesOf(seen.figures, scene);
  return {
    backdrop: { right: seen.backdrop === scene.backdrop, saw: seen.backdrop ?? 'none' },
    pattern: { right: seen.pattern === scene.pattern, saw: seen.pattern ?? 'none' },
    'two figures': { right: seen.count === 2, saw: String(seen.count) },
    'resting colour': { right: rester?.colour === scene.resting.colour, saw: rester?.colour ?? 'none' },
    'resting shape': shapeOf(rester, scene.resting.shape),
    'resting place': placeOf(rester, mover, seen.frames),
    'moving colour': { right: mover?.colour === scene.moving.colour, saw: mover?.colour ?? 'none' },
    'moving shape': shapeOf(mover, scene.moving.shape),
    motion: motionOf(mover, scene, seen.frames),
  };
}

/** The moving and the resting figure: those of the colours asked for, else what else there is. */
function rolesOf(figures: readonly SeenFigure[], { moving, resting }: Scene) {
  const asked = [moving.colour, resting.colour];
  const others = figures.filter(({ colour }) => !asked.includes(colour));
  return asked.map((colour) => figures.find((one) => one.colour === colour) ?? others.shift());
}

function shapeOf(figure: SeenFigure | undefined, asked: Shape): Finding {
  if (figure === undefined) return { right: false, saw: 'none' };
  const right = figure.shape === asked && figure.fit >= LEAST_FIT;
  return { right, saw: `${figure.shape}, fits ${figure.fit.toFixed(2)}` };
}

function motionOf(mover: SeenFigure | undefined, { motion }: Scene, frames: number): Finding {
  const track = mover?.track ?? [];
  const travel = travelOf(track, frames);
  const way = [travel.across, travel.down, travel.unsteady].map((value) => value.toFixed(0));
  const saw = `in ${track.length} of ${frames} frames, ${way[0]} px across, ${way[1]} down, ${way[2]} off its way`;
  return { right: track.length >= LEAST_SIGHTED * frames && wentAsAsked(travel, motion), saw };
}

function placeOf(rester: SeenFigure | undefined, mover: SeenFigure | undefined, frames: number): Finding {
  const track = rester?.track ?? [];
  if (track.length === 0) return { right: false, saw: 'none' };
  const middle = { x: median(track.map(({ x }) => x)), y: median(track.map(({ y }) => y)) };
  const astray = Math.max(...track.map((at) => at.seen * apart(at, middle)));
  const outside = median(track.map(({ x, y, radius }) => radius - Math.min(x, y, PIXELS - x, PIXELS - y)));
  // It may be missing only where the moving one may hide it.
  const hides = (frame: number): boolean =>
    mover?.track.some((at) => at.frame === frame && apart(at, middle) < REACH) ?? false;
  const sighted = new Set(track.map(({ frame }) => frame));
  const gone = Array.from({ length: frames }, (_, frame) => !sighted.has(frame) && !hides(frame)).filter(
    Boolean,
  );
  const right = astray <= MOST_ASTRAY && outside <= MOST_OUTSIDE && gone.length < LEAST_FRAMES * frames;
  const edge = outside > MOST_OUTSIDE ? ', over the edge' : '';
  return { right, saw: `${astray.toFixed(0)} px astray${edge}, gone in ${gone.length} frames` };
}

const apart = (a: Pick<Sighting, 'x' | 'y'>, b: Pick<Sighting, 'x' | 'y'>): number =>
  Math.hypot(a.x - b.x, a.y - b.y);

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
