import { faultOf } from '@skipstone/core/testing';
import { expect, test } from 'vitest';
import { testHeader } from '../test-kit/traces.js';
import { gatherRun, parseTrace } from './trace-file.js';

const header = testHeader(3, ['attn_out'], 2);
const change = { change: { attn_out: [null, 0.5, 0.25] }, norm: { oracle: [1, 2, 3] } };
const line = (prompt: number) => ({
  prompt,
  seed: 0,
  branches: { cond: change },
  guided: { change: {}, norm: {} },
});
const text = (...lines: readonly unknown[]) => lines.map((one) => `${JSON.stringify(one)}\n`).join('');

const errorOf = (content: string) => faultOf(() => parseTrace(content, 'a.jsonl')).message;

test('reads what was written', () => {
  const content = text(header, line(0), line(1));
  expect(parseTrace(content)).toEqual({ header, runs: [line(0), line(1)], whole: content.length });
});

test('leaves out a last line that was torn, wherever it was', () => {
  const whole = text(header, line(0));
  const last = text(line(1));
  for (let cut = 0; cut < last.length - 1; cut++) {
    expect(parseTrace(whole + last.slice(0, cut))).toMatchObject({ runs: [line(0)], whole: whole.length });
  }
});

test.each<[string, string, string]>([
  ['no header', '', 'line 1'],
  ['a torn header', JSON.stringify(header), 'line 1'],
  ['another format', text({ ...header, format: 'x' }), 'line 1'],
  ['an unknown key of the header', text({ ...header, more: 1 }), 'more'],
  ['an unknown key of a run', text(header, { ...line(0), more: 1 }), 'line 2'],
  ['an unknown key of the settings', text({ ...header, settings: { ...header.settings, x: 1 } }), 'settings'],
  ['noise levels of other steps', text({ ...header, sigmas: [1, 0] }), 'sigmas'],
  ['a whole line that is no JSON', `${text(header)}{"prompt":\n`, 'line 2'],
  ['a prompt that is not there', text(header, line(2)), 'prompt 2 of 2'],
  ['a seed that is not there', text(header, { ...line(0), seed: 5 }), 'seed 5'],
  ['the same run twice', text(header, line(0), line(0)), 'a second time'],
  ['no branch', text(header, { ...line(0), branches: {} }), 'no branch'],
  [
    'a series of other steps',
    text(header, { ...line(0), guided: { change: { v: [1] }, norm: {} } }),
    'v of 1 steps',
  ],
  [
    'a negative change',
    text(header, { ...line(0), guided: { change: { v: [1, -1, 1] }, norm: {} } }),
    'line 2',
  ],
  ['endless steps', text({ ...header, settings: { ...header.settings, steps: 1e9 } }), 'settings.steps'],
])('refuses %s', (_, content, found) => {
  expect(errorOf(content)).toContain(found);
});

test('gathers entries by branch and series, null where there was none, at eight digits', () => {
  const run = gatherRun({ prompt: 1, seed: 2 }, 3, [
    { step: 1, branch: 'cond', kind: 'change', series: 'attn_out', value: 1 / 3 },
    { step: 0, branch: 'cond', kind: 'norm', series: 'oracle', value: 2 },
    { step: 2, kind: 'change', series: 'velocity', value: 0.5 },
  ]);
  expect(run).toEqual({
    prompt: 1,
    seed: 2,
    branches: { cond: { change: { attn_out: [null, 0.33333333, null] }, norm: { oracle: [2, null, null] } } },
    guided: { change: { velocity: [null, null, 0.5] }, norm: {} },
  });
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, 2e9])(
  'gathers no %f: a reader would refuse it, or take it for none',
  (value) => {
    const entry = { step: 1, branch: 'cond', kind: 'change', series: 'attn_out', value } as const;
    expect(() => gatherRun({ prompt: 0, seed: 0 }, 3, [entry])).toThrow(
      `the change of attn_out at step 1 cannot stand in a trace\n  have   ${value}`,
    );
  },
);
