import { faultOf } from '@skipstone/core/testing';
import { describe, expect, test } from 'vitest';
import { testHeader } from '../test-kit/traces.js';
import { type Policy, parsePolicy } from './policy-file.js';
import { fromPolicy, type PolicyRun, policyOptions } from './policy-options.js';

const { settings } = testHeader(20, ['tap'], 1);
/** Noise falls evenly from 1 to 0. */
const even = (steps: number): number[] => Array.from({ length: steps + 1 }, (_, i) => 1 - i / steps);
const estimate = { value: 0.5, low: 0.4, high: 0.6 };
const row = (speedup: number, threshold: number) => ({ speedup, threshold, predicted: estimate });

const policy: Policy = {
  format: 'skipstone-policy',
  version: 1,
  plugin: 'galaxy-cache',
  by: 'test',
  command: 'test',
  entries: [
    {
      settings,
      sigmas: even(20),
      tap: 'cross_attn_out',
      warmup: 0.2,
      cost: 0.1,
      rows: [row(1.5, 0.01), row(2, 0.04), row(3, 0.64)],
      ranking: [{ tap: 'flat', pooled: null, perPrompt: null }],
      warmups: [{ ...row(2, 0.05), warmup: 0.1 }],
      choosing: { prompts: ['a'], seeds: [0] },
      reporting: { prompts: ['b'], seeds: [0] },
    },
  ],
};
const run: PolicyRun = { settings, sigmas: even(20) };
const other = (more: Partial<typeof settings>): PolicyRun => ({
  settings: { ...settings, ...more },
  sigmas: even(more.steps ?? 20),
});

describe('options from a policy', () => {
  test.each([
    [1.5, 0.01],
    [2, 0.04],
    [3, 0.64],
  ])('a speed-up of the table, %d, takes its threshold', (speedup, threshold) => {
    expect(policyOptions(policy, run, { speedup })).toEqual({
      tap: 'cross_attn_out',
      threshold,
      warmup: { fraction: 0.2 },
    });
  });

  test('between two rows the logarithm of the threshold is interpolated', () => {
    expect(policyOptions(policy, run, { speedup: 1.75 }).threshold).toBeCloseTo(0.02, 12);
    expect(policyOptions(policy, run, { speedup: 2.25 }).threshold).toBeCloseTo(0.08, 12);
  });

  test('without a speed-up the most careful row is taken', () => {
    expect(fromPolicy(policy, run)).toMatchObject({ speedup: 1.5, options: { threshold: 0.01 }, notes: [] });
  });

  test('a threshold of one’s own is used as it is', () => {
    expect(policyOptions(policy, run, { threshold: 0.3 }).threshold).toBe(0.3);
    expect(faultOf(() => policyOptions(policy, run, { threshold: 0.3, speedup: 2 })).code).toBe(
      'option-conflict',
    );
  });

  test('the controller is told how many steps over computed ones the speed-up means', () => {
    const { target } = policyOptions(policy, run, { speedup: 2, control: true });
    // Reuse rate r with 1/(1 − 0.9·r) = 2.
    expect(target?.speedup).toBeCloseTo(1 / (1 - 0.5 / 0.9), 12);
  });

  test.each([1.49, 3.01])('a speed-up outside the table, %d, is refused', (speedup) => {
    const { lines } = faultOf(() => policyOptions(policy, run, { speedup, origin: 'p.json' }));
    expect(lines).toMatchObject({ code: 'policy-speedup', need: 'a speed-up from 1.5 to 3' });
  });

  test.each<[Partial<typeof settings>, string]>([
    [{ fingerprints: ['another'] }, 'weights another'],
    [{ sampler: 'unipc' }, 'sampler unipc'],
    [{ schedule: 'unipc-flow' }, 'schedule unipc-flow'],
    [{ shift: 5 }, 'shift 5'],
    [{ steps: 40 }, 'steps 40'],
  ])('a run with %j is refused, resampled or not, but for steps', (more, need) => {
    const { lines } = faultOf(() => policyOptions(policy, other(more)));
    expect(lines).toMatchObject({ code: 'policy-run', need: `one for ${need}` });
    if (!more.steps)
      expect(faultOf(() => policyOptions(policy, other(more), { resample: true })).code).toBe('policy-run');
  });

  test.each([{ guidance: [7] }, { width: 128 }, { precision: 'int8' }, { given: 'first frames' }])(
    '%j is no obstacle, and is said',
    (more) => {
      const { options, notes } = fromPolicy(policy, other(more), { origin: 'p.json' });
      expect(options.threshold).toBe(0.01);
      expect(notes).toEqual([expect.stringContaining(`p.json was made with ${Object.keys(more)[0]}`)]);
    },
  );

  test('of two entries that fit, the one that was made under the same guidance', () => {
    const [entry] = policy.entries;
    const strong = {
      ...entry,
      settings: { ...settings, guidance: [7] },
      rows: [row(1.5, 9)],
    } as typeof entry & object;
    const both = { ...policy, entries: [...policy.entries, strong] };
    expect(policyOptions(both, other({ guidance: [7] })).threshold).toBe(9);
    expect(policyOptions(both, run).threshold).toBe(0.01);
  });

  test('resampled to twice the steps, a threshold halves and the warm-up ends at the same noise', () => {
    const { options, notes } = fromPolicy(policy, other({ steps: 40 }), { resample: true, speedup: 2 });
    expect(options.threshold).toBeCloseTo(0.02, 12);
    expect(options.warmup).toEqual({ sigma: even(20)[4] });
    expect(notes).toEqual(['policy was made for 20 steps; its threshold is resampled']);
  });
});

describe('a policy file', () => {
  test('is read back as it was written', () => {
    expect(parsePolicy(JSON.parse(JSON.stringify(policy)))).toEqual(policy);
  });

  const [entry] = policy.entries;
  const edited = (more: object) => ({ ...policy, entries: [{ ...entry, ...more }] });
  test.each<[string, unknown, string]>([
    ['nothing', null, 'the whole'],
    ['another plugin', { ...policy, plugin: 'x' }, 'plugin'],
    ['an unknown key', { ...policy, more: 1 }, 'more'],
    ['an unknown key of an entry', edited({ more: 1 }), 'entries.0'],
    ['an unknown key of a row', edited({ rows: [{ ...row(2, 1), more: 1 }] }), 'entries.0.rows.0'],
    ['no entries', { ...policy, entries: [] }, 'entries'],
    ['no rows', edited({ rows: [] }), 'rows'],
    ['rows out of order', edited({ rows: [row(2, 1), row(1.5, 1)] }), 'ascend'],
    ['a negative threshold', edited({ rows: [row(2, -1)] }), 'threshold'],
    ['an endless threshold', edited({ rows: [row(2, 1e300)] }), 'threshold'],
    ['a speed-up below 1', edited({ rows: [row(0.5, 1)] }), 'speedup'],
    ['a cost above 1', edited({ cost: 2 }), 'cost'],
    ['a warm-up above 1', edited({ warmup: 20 }), 'warmup'],
    ['noise levels of other steps', edited({ sigmas: [1, 0] }), 'sigmas of 1 steps'],
    ['a text without end', { ...policy, command: 'x'.repeat(1e5) }, 'command'],
    ['rows without end', edited({ rows: Array.from({ length: 1e3 }, (_, i) => row(i + 1, 1)) }), 'rows'],
  ])('with %s is refused', (_, value, found) => {
    const error = faultOf(() => parsePolicy(value, 'p.json'));
    expect(error.code).toBe('policy-file');
    expect(error.lines.have).toContain(found);
  });
});
