import { forcedStep, type RunSteps, stepPolicy, type Warmup } from '@skipstone/core';
import { describe, expect, test } from 'vitest';
import { type DriftOptions, driftRule, limitsOf } from './drift-policy.js';

const policyOf = (options: DriftOptions, run: RunSteps) =>
  stepPolicy(driftRule(options), limitsOf(options), run);

/** Walks a rule over drifts; the first step has none, as in a run. */
function walk(
  options: DriftOptions,
  drifts: readonly (number | undefined)[],
  more: { readonly sigmas?: readonly number[]; readonly uncovered?: readonly number[] } = {},
) {
  const policy = policyOf(options, { steps: drifts.length, sigmas: more.sigmas ?? [] });
  let carried = policy.first;
  return drifts.map((change, step) => {
    const covered = step > 0 && !more.uncovered?.includes(step);
    const answer = policy.decide(carried, { step, change, covered });
    carried = policy.settle(carried, answer, { step, reuse: answer.reuse });
    return answer;
  });
}

const flags = (decisions: readonly { readonly reuse: boolean }[]): string =>
  decisions.map(({ reuse }) => (reuse ? 'r' : 'c')).join('');

/** `count` steps that each change by `drift`. */
const even = (count: number, drift: number): (number | undefined)[] =>
  Array.from({ length: count }, (_, step) => (step === 0 ? undefined : drift));

describe('the rule', () => {
  test('the sum grows at every step after the first and is set to 0 by a computed step', () => {
    const decisions = walk({ threshold: 0.5, warmup: { steps: 2 } }, [
      undefined,
      0.25,
      0.25,
      0.125,
      0.25,
      0.125,
    ]);
    expect(flags(decisions)).toBe('ccrrcr');
    expect(decisions.map(({ signal }) => signal)).toEqual([0, 0.25, 0.25, 0.375, 0.625, 0.125]);
  });

  test('a sum equal to the threshold computes', () => {
    expect(flags(walk({ threshold: 0.5, warmup: { steps: 1 } }, even(4, 0.5)))).toBe('cccc');
  });

  test.each([0, 0.1])('threshold 0 never reuses, at a drift of %d', (drift) => {
    expect(flags(walk({ threshold: 0, warmup: { steps: 0 } }, even(6, drift)))).toBe('cccccc');
  });

  test('a state is JSON, and going on from its copy is the same', () => {
    const policy = policyOf({ threshold: 1, warmup: { steps: 1 } }, { steps: 9, sigmas: [] });
    const carried = { ...policy.first, state: { metric: 0.25, speed: null }, streak: 1 };
    const answer = policy.decide(carried, { step: 3, change: 0.125, covered: true });
    const after = policy.settle(carried, answer, { step: 3, reuse: answer.reuse });
    expect(JSON.parse(JSON.stringify(after))).toEqual({
      ...{ state: { metric: 0.375, speed: null }, streak: 2, free: 1, reused: 1 },
    });
  });
});

test.each<[Warmup | undefined, number, number]>([
  [undefined, 20, 4],
  [undefined, 12, 3],
  [{ fraction: 0.25 }, 20, 5],
  [{ fraction: 0.07 }, 100, 7],
  [{ fraction: 0 }, 10, 1],
  [{ steps: 6 }, 20, 6],
  [{ sigma: 0.5 }, 10, 5],
])('warm-up %j of %d steps computes the first %d', (warmup, steps, first) => {
  const sigmas = Array.from({ length: steps + 1 }, (_, i) => 1 - i / steps);
  const options = { threshold: 9, ...(warmup && { warmup }) };
  expect(flags(walk(options, even(steps, 0.01), { sigmas }))).toBe(
    'c'.repeat(first) + 'r'.repeat(steps - first),
  );
});

describe('what the paper leaves open', () => {
  test('the last steps are computed where asked for', () => {
    expect(flags(walk({ threshold: 9, warmup: { steps: 1 }, lastSteps: 2 }, even(6, 0)))).toBe('crrrcc');
  });

  test('a cap ends a streak, and the next one starts afresh', () => {
    const options = { threshold: 9, warmup: { steps: 1 }, maxConsecutive: 2 };
    expect(flags(walk(options, even(8, 0)))).toBe('crrcrrcr');
  });

  test('subtracting keeps what was over the threshold, and never more than one threshold', () => {
    const drifts = [undefined, 0.375, 0.375, 0.25, 1.25, 0.125];
    const options = { threshold: 0.5, warmup: { steps: 1 }, reset: 'subtract' } as const;
    const decisions = walk(options, drifts);
    expect(decisions.map(({ signal }) => signal)).toEqual([0, 0.375, 0.75, 0.5, 1.25, 0.375]);
    expect(flags(decisions)).toBe('crcccr');
  });

  test('subtracting starts from 0 after a step that was computed for another reason', () => {
    const options = { threshold: 0.5, warmup: { steps: 3 }, reset: 'subtract' } as const;
    expect(walk(options, even(4, 0.125)).map(({ signal }) => signal)).toEqual([0, 0.125, 0.125, 0.125]);
  });
});

test('every reason is given, the earliest that holds', () => {
  const options = { threshold: 0.5, warmup: { steps: 2 }, lastSteps: 1, maxConsecutive: 1 };
  const drifts = [undefined, 0.25, 0.25, 0.125, 0.75, 0.25, undefined, 0.25];
  const reasons: string[] = [
    'warm-up',
    'warm-up',
    'below threshold',
    'streak',
    'drift',
    'not covered',
    'not covered',
    'last steps',
  ];
  expect(walk(options, drifts, { uncovered: [5] }).map(({ reason }) => reason)).toEqual(reasons);
});

test('a followed answer that is not its own leads to the state of that answer', () => {
  const policy = policyOf({ threshold: 0.5, warmup: { steps: 1 } }, { steps: 9, sigmas: [] });
  const before = { ...policy.first, state: { metric: 0.25, speed: null }, streak: 1 };
  const answer = policy.decide(before, { step: 3, change: 0.125, covered: true });
  expect(answer.reuse).toBe(true);
  const after = (reuse: boolean) => policy.settle(before, answer, { step: 3, reuse });
  expect([after(true).state.metric, after(true).streak]).toEqual([0.375, 2]);
  expect([after(false).state.metric, after(false).streak]).toEqual([0, 0]);
});

test('says which steps compute whatever the drift is', () => {
  const forced = forcedStep({ warmup: { steps: 2 }, lastSteps: 1 }, { steps: 5, sigmas: [] });
  expect([0, 1, 2, 3, 4].map(forced)).toEqual([true, true, false, false, true]);
});
