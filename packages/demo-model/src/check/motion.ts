import type { Motion } from '../words.js';
import { WAY } from './place-scene.js';
import type { Sighting } from './read-video.js';

/**
 * Way of a shape in a whole video, pixels. Drawn ones go 0 (nowhere), 17 to 20 (slowly) or 37 to 45 (quickly);
 * the limits lie half-way between.
 */
const LIMITS = { nowhere: 9, slowly: 29 } as const;
/** Root mean square of what a shape may be off its straight and steady way, pixels. */
const MOST_UNSTEADY = 3;

/** How a shape went, taken as a straight and steady way. */
export interface Travel {
  /** Pixels in the whole video, to the right and down. */
  readonly across: number;
  readonly down: number;
  /** Root mean square of the distance from that way, pixels. */
  readonly unsteady: number;
}

/** The line nearest to a track, in least squares; `frames` is the length of the video. */
export function travelOf(track: readonly Sighting[], frames: number): Travel {
  const [x, y] = [line(track, (at) => at.x), line(track, (at) => at.y)];
  const last = frames - 1;
  return { across: last * x.slope, down: last * y.slope, unsteady: Math.sqrt(x.off + y.off) };
}

function line(track: readonly Sighting[], of: (at: Sighting) => number) {
  const mean = (value: (at: Sighting) => number): number =>
    track.reduce((sum, at) => sum + value(at), 0) / (track.length || 1);
  const [middle, time] = [mean(of), mean(({ frame }) => frame)];
  const spread = mean(({ frame }) => (frame - time) ** 2);
  const slope = mean((at) => (at.frame - time) * (of(at) - middle)) / (spread || 1);
  return { slope, off: mean((at) => (of(at) - middle - slope * (at.frame - time)) ** 2) };
}

/** Whether a shape went as asked: direction, rough speed, straight and steady. */
export function wentAsAsked({ across, down, unsteady }: Travel, motion: Motion): boolean {
  if (unsteady > MOST_UNSTEADY) return false;
  if (motion.direction === 'nowhere') return Math.hypot(across, down) < LIMITS.nowhere;
  const [right, below] = WAY[motion.direction];
  const along = across * right + down * below;
  const aside = Math.abs(across * below) + Math.abs(down * right);
  const fast = along >= LIMITS.slowly;
  return (
    along >= LIMITS.nowhere &&
    fast === (motion.speed === 'quickly') &&
    aside < Math.min(LIMITS.nowhere, along / 2)
  );
}
