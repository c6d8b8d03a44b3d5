import { expect, test } from 'vitest';
import { karras, karrasLevels } from './karras.js';

test('35 levels fall from 80 to 0.002', () => {
  const levels = karrasLevels(35);
  expect(levels).toHaveLength(35);
  expect(levels[0]).toBeCloseTo(80, 10);
  expect(levels.at(-1)).toBeCloseTo(0.002, 12);
  expect(levels.every((level, i, all) => i === 0 || level < (all[i - 1] ?? 0))).toBe(true);
});

test('levels are told as σ = k/(k + 1), the last one twice, and the model receives σ', () => {
  const { sigmas, timesteps } = karras({ steps: 35 });
  const levels = karrasLevels(35);
  expect(sigmas.slice(0, 35)).toEqual(levels.map((k) => k / (k + 1)));
  expect(sigmas).toHaveLength(36);
  expect(sigmas[35]).toBe(sigmas[34]);
  expect(timesteps).toEqual(sigmas.slice(0, 35));
});

test("the scales lead from unit noise and back to EDM's state", () => {
  const { startScale, endScale, sigmas } = karras({ steps: 8 });
  // 80·ε, read as (1 − σ)·80·ε.
  expect(startScale).toBeCloseTo((1 - (sigmas[0] ?? 0)) * 80, 12);
  expect(endScale).toBeCloseTo(1.002, 12);
});

test('one step is one level', () => {
  expect(karras({ steps: 1 }).sigmas).toEqual([80 / 81, 80 / 81]);
});

test('refuses a shift', () => {
  expect(() => karras({ steps: 4, shift: 3 })).toThrow('karras: this grid has no shift');
});
