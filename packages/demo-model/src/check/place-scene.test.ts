import { describe, expect, test } from 'vitest';
import { parsePrompt } from '../grammar.js';
import type { PlacedFigure } from './draw-video.js';
import { placeScene } from './place-scene.js';

const seeds = Array.from({ length: 200 }, (_, seed) => seed);
const placed = (way: string): readonly (readonly [PlacedFigure, PlacedFigure])[] => {
  const scene = parsePrompt(`a red circle moves ${way} near a blue ring over a plain gray backdrop`);
  return seeds.map((seed) => {
    const [resting, moving] = placeScene(scene, seed).figures;
    if (resting && moving) return [resting, moving];
    throw new TypeError('a scene has two figures');
  });
};

describe.each([
  ['right slowly', [1, 0], 0.45],
  ['right quickly', [1, 0], 1],
  ['left slowly', [-1, 0], 0.45],
  ['up quickly', [0, -1], 1],
  ['down slowly', [0, 1], 0.45],
  ['nowhere', [0, 0], 0],
] as const)('%s', (way, [across, down], speed) => {
  test('crosses as much of its room as training says', () => {
    for (const [, { from, to, radius }] of placed(way)) {
      const room = 1 - 2 * radius - 0.06;
      expect(to[0] - from[0]).toBeCloseTo(across * speed * room, 9);
      expect(to[1] - from[1]).toBeCloseTo(down * speed * room, 9);
    }
  });

  test('stays inside of the picture, and what rests does too', () => {
    for (const figures of placed(way)) {
      for (const { radius, from, to } of figures) {
        for (const at of [...from, ...to]) {
          expect(at).toBeGreaterThanOrEqual(radius + 0.03 - 1e-9);
          expect(at).toBeLessThanOrEqual(1 - radius - 0.03 + 1e-9);
        }
      }
    }
  });
});

test('sizes are those of the training', () => {
  const all = placed('nowhere');
  for (const [which, least, most] of [
    [0, 0.1, 0.14],
    [1, 0.12, 0.18],
  ] as const) {
    const radii = all.map((figures) => figures[which].radius);
    expect(Math.min(...radii)).toBeGreaterThanOrEqual(least);
    expect(Math.max(...radii)).toBeLessThanOrEqual(most);
    expect(Math.max(...radii) - Math.min(...radii)).toBeGreaterThan(0.9 * (most - least));
  }
});

test('a seed gives one placing, another another', () => {
  expect(placed('nowhere')[3]).toEqual(placed('nowhere')[3]);
  expect(placed('nowhere')[3]).not.toEqual(placed('nowhere')[4]);
});
