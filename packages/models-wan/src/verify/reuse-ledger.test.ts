import type { Ledger } from '@skipstone/core';
import { describe, expect, test } from 'vitest';
import { ledgerColumns } from './reuse-ledger.js';

/** Step 0 is warm-up; then a drift of 0.1 and 0.3 against a threshold of 0.2. */
function ledgerWith(did: readonly boolean[], signals: readonly number[]): Ledger {
  const decision = (value: boolean, step: number) => ({
    ...{ step, branch: 'cond', plugin: 'grouped-reuse', key: 'reuse', value },
    ...(signals[step] === undefined ? {} : { signal: signals[step] }),
  });
  const pass = (step: number) => ({ step, branch: 'cond', spans: [], rows: { video: 9 - step }, closed: [] });
  const steps = [0, 1, 2];
  return { version: 1, model: 'm', steps: 3, decisions: did.map(decision), passes: steps.map(pass) };
}

const columns = (ledger: Ledger, reuse: readonly boolean[]) =>
  ledgerColumns(ledger, { reuse, threshold: 0.2, warmup_steps: 1 });

describe('flags', () => {
  const signals = [0, 0.1, 0.3];

  test.each([
    ['as given, where the metric agrees', [false, true, false], [false, true, false], [0, 1, 0]],
    ['those of the metric, where a given one differs', [false, true, true], [false, true, true], [0, 1, 0]],
    ['never in the warm-up', [true, true, false], [true, true, false], [0, 1, 0]],
    [
      'what was done, where a given one was not followed',
      [false, false, false],
      [false, true, false],
      [0, 0, 0],
    ],
  ])('%s', (_, did, given, flags) => {
    const [column] = columns(ledgerWith(did, signals), given);
    expect(column).toEqual({ name: 'ledger.reuse_cond', data: flags, limit: 0 });
  });
});

test('metric and active tokens are those of the leading branch; what is missing is NaN', () => {
  const ledger = ledgerWith([false, true], [0, 0.1]);
  const [flags, metric, active] = columns({ ...ledger, passes: ledger.passes.slice(0, 2) }, [
    false,
    true,
    true,
  ]);
  expect(flags?.data).toEqual([0, 1, 0]);
  expect(metric).toEqual({ name: 'ledger.metric_cond', data: [0, 0.1, Number.NaN] });
  expect(active).toEqual({ name: 'ledger.active', data: [9, 8, Number.NaN], limit: 0 });
});
