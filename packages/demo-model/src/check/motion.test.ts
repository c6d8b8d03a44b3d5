import { describe, expect, test } from 'vitest';
import type { Motion } from '../words.js';
import { travelOf, wentAsAsked } from './motion.js';

const seen = (frame: number, x: number, y: number) => ({ frame, x, y, radius: 8, seen: 1 });

describe('a way', () => {
  test('is that of the whole video, whichever frames there are', () => {
    const track = [0, 3, 4, 7].map((frame) => seen(frame, 10 + 2 * frame, 50 - frame));
    const travel = travelOf(track, 9);
    expect(travel.across).toBeCloseTo(16);
    expect(travel.down).toBeCloseTo(-8);
    expect(travel.unsteady).toBeCloseTo(0);
  });

  test('is unsteady by how far the places lie off it', () => {
    const track = [0, 1, 2, 3].map((frame) => seen(frame, 10 + (frame === 1 || frame === 2 ? 4 : 0), 5));
    expect(travelOf(track, 4)).toEqual({ across: 0, down: 0, unsteady: 2 });
  });

  test('is none without places', () => {
    expect(travelOf([], 9)).toEqual({ across: 0, down: 0, unsteady: 0 });
  });
});

const still: Motion = { direction: 'nowhere' };
const slowly: Motion = { direction: 'up', speed: 'slowly' };
const quickly: Motion = { direction: 'left', speed: 'quickly' };

test.each<[Motion, readonly [number, number], number, boolean]>([
  [still, [0, 0], 0, true],
  [still, [8, 2], 0, true],
  [still, [7, 7], 0, false],
  [slowly, [0, -18], 0, true],
  [slowly, [0, 18], 0, false],
  [slowly, [-18, 0], 0, false],
  [slowly, [0, -8], 0, false],
  [slowly, [0, -30], 0, false],
  [slowly, [8, -18], 0, true],
  [slowly, [9, -18], 0, false],
  [slowly, [5, -10], 0, false],
  [slowly, [0, -18], 3.1, false],
  [quickly, [-41, 0], 0, true],
  [quickly, [-28, 0], 0, false],
  [quickly, [41, 0], 0, false],
  [quickly, [-41, 9], 0, false],
])('%o by %o pixels, %d off its way: %s', (motion, [across, down], unsteady, right) => {
  expect(wentAsAsked({ across, down, unsteady }, motion)).toBe(right);
});
