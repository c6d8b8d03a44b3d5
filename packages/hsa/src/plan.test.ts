import { planOn, toySubject } from '@skipstone/core/testing';
import { describe, expect, test } from 'vitest';
import { hsa } from './hsa.js';
import type { HsaOptions } from './options.js';
import { GIVEN, LAZY, ONE_STREAM, others, STEPS, THREE } from './test-kit/cases.js';

describe('the plan', { timeout: 60_000 }, async () => {
  const subject = await toySubject(1);
  const plan = (options: HsaOptions, steps = STEPS) => planOn(subject, { steps, plugins: [hsa(options)] });

  test('says what will be computed', () => {
    expect(plan(THREE).phases[0]?.outlook).toEqual([
      'hsa: tokens 25 % every step, 25 % every 2 steps, 50 % every 4 steps; all in the first 3 and last 1 of 12 steps',
      'hsa: active tokens in %, steps 0–11: 100×3 25 100 25 50 25 100 25 50 100',
      "hsa: 66.7 % of a full run's rows",
    ]);
  });

  test.each([
    ['leader', "hsa: 66.7 % of a full run's rows, in the branch that leads; all rows in the others"],
    ['none', "hsa: 66.7 % of a full run's rows, attending to each other only"],
  ] as const)('says what is synced: %s', (sync, line) => {
    expect(plan({ ...THREE, sync }).phases[0]?.outlook.at(-1)).toBe(line);
  });

  test('refuses a second plugin that wants other keys and values', () => {
    const plugins = [hsa({ ...THREE, sync: 'none' }), ...others.map((other) => other())];
    expect(() => planOn(subject, { steps: STEPS, plugins })).toThrow(
      /hsa and grouped-reuse do not agree what computed rows attend to/,
    );
  });

  test('refuses an assignment of other tokens', () => {
    const of = (assignment: Record<string, string>) => () => plan({ ...LAZY, assignment });
    expect(of({ video: '01', audio: '012' })).toThrow(/have {3}2 tokens of video\n {2}need {3}12 tokens/);
    expect(of({ ...GIVEN, audio: '013' })).toThrow(/a group 3 of audio/);
    expect(of({ ...GIVEN, audio: '111' })).toThrow(/no token of audio in group 0/);
    expect(of({ ...GIVEN, text: '0' })).toThrow(/a stream text/);
    expect(() => plan({ ...ONE_STREAM, streams: ['sound'] })).toThrow(/no such stream(.|\n)*video, audio/);
  });

  test('refuses to score until the end', () => {
    expect(() => plan({ ...THREE, scoreSteps: [2, 11] })).toThrow(/nothing left to allocate/);
  });

  test('refuses a budget out of reach, and says what is within', () => {
    expect(() => plan({ ...THREE, budget: 0.4 })).toThrow(/between 50.0 % and 100.0 %/);
  });
});
