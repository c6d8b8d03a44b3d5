import { randomOf } from '../random.js';
import type { Direction, Motion, Scene, Speed } from '../words.js';
import type { Drawing, Point } from './draw-video.js';

/** A step of each direction: across, down. */
export const WAY = {
  left: [-1, 0],
  right: [1, 0],
  up: [0, -1],
  down: [0, 1],
  nowhere: [0, 0],
} as const satisfies Readonly<Record<Direction, Point>>;

/** Share of the room there is that a shape crosses in a video. */
export const SPEED = { slowly: 0.45, quickly: 1 } as const satisfies Readonly<Record<Speed, number>>;

/** Room left beside the way at both ends, fraction of the side. */
const MARGIN = 0.03;

/**
 * Chooses sizes and places as the training did: the moving shape, on top, crosses a share of the picture by its
 * speed, wherever it stays inside; the resting one lies anywhere inside. The same seed gives the same.
 */
export function placeScene(scene: Scene, seed: number): Drawing {
  const random = randomOf(seed);
  const within = (least: number, most: number): number => least + (most - least) * random();
  const [radius, restingRadius] = [within(0.12, 0.18), within(0.1, 0.14)];
  const room = 1 - 2 * (radius + MARGIN);
  const [across, down] = stepOf(scene.motion).map((step) => step * room) as [number, number];
  const middle = (way: number): number => 0.5 + ((room - Math.abs(way)) / 2) * within(-1, 1);
  const [x, y] = [middle(across), middle(down)];
  const place = (): number => 0.5 + (0.5 - restingRadius - MARGIN) * within(-1, 1);
  const rest: Point = [place(), place()];
  return {
    pattern: scene.pattern,
    backdrop: scene.backdrop,
    figures: [
      { ...scene.resting, radius: restingRadius, from: rest, to: rest },
      {
        ...scene.moving,
        radius,
        from: [x - across / 2, y - down / 2],
        to: [x + across / 2, y + down / 2],
      },
    ],
  };
}

/** Way of a motion, in shares of the room. */
function stepOf(motion: Motion): Point {
  if (motion.direction === 'nowhere') return WAY.nowhere;
  const [across, down] = WAY[motion.direction];
  return [across * SPEED[motion.speed], down * SPEED[motion.speed]];
}
