import { forcedStep, stepPolicy } from '@skipstone/core';
import { describe, expect, test } from 'vitest';
import { driftRule, limitsOf } from './drift-policy.js';
import { speedController } from './speed-controller.js';

/** Walks rule and controller together over drifts; gives the flags and the thresholds in force. */
function walk(speedup: number, drifts: readonly number[], threshold?: number) {
  const steps = drifts.length;
  const [limits, run] = [limitsOf({}), { steps, sigmas: [] }];
  const controller = speedController({ speedup, threshold }, { steps, forced: forcedStep(limits, run) });
  const policy = stepPolicy(driftRule({ threshold: threshold ?? 0 }, controller), limits, run);
  let carried = policy.first;
  const thresholds: (number | undefined)[] = [];
  const flags = drifts.map((drift, step) => {
    const change = step === 0 ? undefined : drift;
    const answer = policy.decide(carried, { step, change, covered: step > 0 });
    thresholds.push(answer.threshold);
    carried = policy.settle(carried, answer, { step, reuse: answer.reuse });
    return answer.reuse;
  });
  return { computed: flags.filter((flag) => !flag).length, thresholds };
}

const shapes: Readonly<Record<string, (i: number, steps: number) => number>> = {
  even: () => 0.1,
  rising: (i, n) => 0.05 + 0.3 * (i / n),
  falling: (i, n) => 0.35 - 0.3 * (i / n),
  'like a bowl': (i, n) => 0.05 + ((2 * i) / n - 1) ** 2,
  uneven: (i) => 0.02 + 0.1 * ((i * 7) % 5),
};
const cases = Object.keys(shapes).flatMap((shape) =>
  [20, 40, 50].flatMap((steps) => [1.5, 2, 3].map((speedup) => [shape, steps, speedup] as const)),
);

describe('the speed-up that was asked for is met within one step in 20', () => {
  test.each(cases)('%s drift, %i steps, %dx', (shape, steps, speedup) => {
    const drifts = Array.from({ length: steps }, (_, i) => shapes[shape]?.(i, steps) ?? 0);
    const { computed } = walk(speedup, drifts);
    expect(Math.abs(computed - steps / speedup)).toBeLessThanOrEqual(steps / 20);
  });

  test.each([0.001, 0.2, 20])('from a threshold of %d', (threshold) => {
    const { computed } = walk(2, Array(50).fill(0.1), threshold);
    expect(Math.abs(computed - 25)).toBeLessThanOrEqual(50 / 20);
  });
});

test('a given threshold moves by half of itself a step at most', () => {
  const { thresholds } = walk(2, Array(20).fill(0.1), 8);
  expect(thresholds.slice(0, 4)).toEqual([8, 8, 8, 8]);
  expect(thresholds[4]).toBeCloseTo(8 / 1.5);
  expect(thresholds[5]).toBeCloseTo(8 / 1.5 / 1.5);
});

test('where no compute is left, the threshold goes out of reach', () => {
  const controller = speedController({ speedup: 2, threshold: 1 }, { steps: 8, forced: () => false });
  const spent = { ...controller.first(), computed: 4, seen: 4, sum: 0.75 };
  expect(controller.move(spent, { step: 5, drift: 0.25 }).threshold).toBe(2);
  expect(controller.move({ ...spent, threshold: 9 }, { step: 5, drift: 0.25 }).threshold).toBe(9);
});

test('a state is JSON', () => {
  const controller = speedController({ speedup: 2 }, { steps: 8, forced: () => false });
  const state = controller.settle(controller.move(controller.first(), { step: 1, drift: 0.25 }), true);
  expect(JSON.parse(JSON.stringify(state))).toEqual(state);
});
