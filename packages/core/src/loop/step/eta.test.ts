import { expect, it } from 'vitest';
import { TimeLeft } from './eta.js';

it('with nothing skipped, what is left is the mean of the steps so far times the steps to come', () => {
  const eta = new TimeLeft(5, () => 1);
  expect(eta.after(0, 100)).toBe(400);
  expect(eta.after(1, 300)).toBe(600);
  expect(eta.after(2, 200)).toBe(400);
});

it('weighs steps by what they are expected to cost', () => {
  const shares = [1, 1, 0.5, 0.1, 0.1];
  const eta = new TimeLeft(5, (step) => shares[step] ?? 1);
  expect(eta.after(0, 100)).toBeCloseTo(170);
  expect(eta.after(1, 100)).toBeCloseTo(70);
  expect(eta.after(2, 50)).toBeCloseTo(20);
});

it('is nothing after the last step', () => {
  const eta = new TimeLeft(1, () => 1);
  expect(eta.after(0, 100)).toBe(0);
});

it('begins in the middle where a run was resumed', () => {
  expect(new TimeLeft(10, () => 1).after(7, 50)).toBe(100);
});

it('takes no share for nothing, for less, or for more than a whole step', () => {
  for (const [share, left] of [
    [0, 1],
    [-3, 1],
    [7, 1],
  ] as const) {
    const eta = new TimeLeft(3, (step) => (step === 0 ? 1 : share));
    expect(eta.after(0, 100)).toBeCloseTo(share > 1 ? 200 : 2 * left);
  }
});
