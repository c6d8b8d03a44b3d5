import type { Frames, Ledger } from '@skipstone/core';
import { expect, test } from 'vitest';
import { latentFrame, tokenMap } from '../metric/token-map.js';
import { tokenSteps } from './token-steps.js';

/** Four tokens, grouped after step 1: two at every step, one at even steps, one at every fourth. */
function grouped(rows = [4, 4, 3, 2, 4, 2]): Ledger {
  const due = (step: number) => [true, step < 2 || step % 2 === 0, step < 2 || step % 4 === 0];
  const steps = [0, 1, 2, 3, 4, 5];
  return {
    version: 1,
    model: 'toy',
    steps: 6,
    decisions: [
      ...steps.map((step) => ({ step, plugin: 'hsa', key: 'due', value: due(step) })),
      { step: 1, plugin: 'hsa', key: 'groups', value: { video: '0102' } },
    ],
    passes: steps.map((step) => ({
      step,
      branch: 'cond',
      spans: [],
      rows: { video: rows[step] ?? 0 },
      closed: [],
    })),
  };
}

test('reads off the ledger how often each token was computed, and how long it went without', () => {
  const [video] = tokenSteps(grouped());
  expect(video?.shares.map((share) => Math.round(6 * share))).toEqual([6, 4, 6, 3]);
  expect(video?.staleness.map(({ longest }) => longest)).toEqual([0, 0, 1, 2, 0, 1]);
  expect(video?.staleness[3]?.mean).toBeCloseTo(3 / 4, 12);
  expect(video?.exact).toBe(true);
});

test('says when tokens were computed out of turn', () => {
  expect(tokenSteps(grouped([4, 4, 3, 3, 4, 2]))[0]?.exact).toBe(false);
});

test('is empty where tokens have no groups', () => {
  expect(tokenSteps({ ...grouped(), decisions: [] })).toEqual([]);
  const reuse = { step: 0, plugin: 'cache', key: 'reuse', branch: 'cond', value: true };
  expect(tokenSteps({ ...grouped(), decisions: [reuse] })).toEqual([]);
});

test('frames come from the latent frames they are decoded from', () => {
  expect([0, 1, 4, 5, 8].map((frame) => latentFrame(frame, 9, 3))).toEqual([0, 1, 1, 2, 2]);
  expect([0, 1, 2].map((frame) => latentFrame(frame, 3, 3))).toEqual([0, 1, 2]);
  expect(latentFrame(5, 9, 1)).toBe(0);
});

test('colours each token where it is, over a picture in grey', () => {
  const black = (): Frames => ({
    width: 4,
    height: 2,
    framesPerSecond: 8,
    rgba: [new Uint8ClampedArray(32), new Uint8ClampedArray(32).fill(255)],
  });
  const { rgba } = tokenMap(black(), { frames: 2, rows: 1, columns: 2 }, [0, 1, 1, 0]);
  const pixel = (frame: number, at: number) => [...(rgba[frame] ?? []).slice(4 * at, 4 * at + 4)];
  // #440154 and #fde725, at six tenths; white below adds 102.
  expect(pixel(0, 0)).toEqual([41, 1, 50, 255]);
  expect(pixel(0, 7)).toEqual([152, 139, 22, 255]);
  expect(pixel(1, 0)).toEqual([254, 241, 124, 255]);
  expect(() => tokenMap(black(), { frames: 2, rows: 1, columns: 2 }, [1])).toThrow('not those of this grid');
});
