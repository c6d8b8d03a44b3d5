import type { Decision, Ledger } from '@skipstone/core';
import { expect, test } from 'vitest';
import { decisionRows } from './decision-rows.js';
import { summarise, summaryLine } from './summary.js';

/** Two branches, six steps; uncond is away at step 4, cond reuses at 2, 3 and 5 and uncond follows. */
function aligned(): Ledger {
  const decisions: Decision[] = [];
  const passes: Ledger['passes'] = [];
  for (let step = 0; step < 6; step++) {
    const value = [2, 3, 5].includes(step);
    for (const branch of step === 4 ? ['cond'] : ['cond', 'uncond']) {
      const why = branch === 'cond' ? { signal: step / 10, threshold: 0.3 } : { follows: 'cond' };
      decisions.push({ step, plugin: 'cache', key: 'reuse', branch, value, ...why });
      const spans = value ? ['plain/end'] : ['plain/trunk', 'plain/end'];
      passes.push({
        step,
        branch,
        spans: step === 0 ? ['plain/run.0', ...spans] : spans,
        rows: { video: 8 },
        closed: [],
      });
    }
  }
  return { version: 1, model: 'toy', steps: 6, decisions, passes };
}

const plain = (): Ledger => ({ ...aligned(), decisions: [] });

test('tells what a branch decided from what it took over, and where it was away', () => {
  const rows = decisionRows(aligned());
  expect(rows.map(({ plugin, key, branch }) => [plugin, key, branch])).toEqual([
    ['cache', 'reuse', 'cond'],
    ['cache', 'reuse', 'uncond'],
  ]);
  const states = rows.map(({ steps }) => steps.map(({ state }) => state));
  expect(states[0]).toEqual(['computed', 'computed', 'reused', 'reused', 'computed', 'reused']);
  expect(states[1]?.slice(3)).toEqual(['reused-follows', 'absent', 'reused-follows']);
});

test('keys that do not name reuse say yes or no, and count as no reuse', () => {
  const decisions: Decision[] = [
    { step: 0, plugin: 'interval', key: 'guided', value: true },
    { step: 1, plugin: 'interval', key: 'guided', value: false },
  ];
  const ledger = { ...aligned(), decisions };
  expect(
    decisionRows(ledger)[0]
      ?.steps.map(({ state }) => state)
      .slice(0, 3),
  ).toEqual(['yes', 'no', 'undecided']);
  expect(summarise({ ledger }).branches[0]?.reused).toBe(0);
  expect(summaryLine(summarise({ ledger, workShare: 0.5 }), ledger)).toBe('2.00x expected');
});

test('a run without plugins has a row a branch and nothing to tell', () => {
  expect(decisionRows(plain()).map(({ branch, steps }) => [branch, steps[4]?.state])).toEqual([
    ['cond', 'undecided'],
    ['uncond', 'absent'],
  ]);
  expect(summaryLine(summarise({ ledger: plain(), workShare: 1 }), plain())).toBeUndefined();
});

test('counts reused steps by branch', () => {
  expect(summarise({ ledger: aligned() }).branches).toEqual([
    { branch: 'cond', ran: 6, reused: 3 },
    { branch: 'uncond', ran: 5, reused: 3 },
  ]);
});

test('measures against the median of steps that computed everything, or against the reference', () => {
  // Steps 0 and 1 are full; at step 4 a branch is away.
  const stepMs = [110, 90, 10, 10, 50, 10];
  const alone = summarise({ ledger: aligned(), stepMs });
  expect(alone.measuredSpeedup).toBeCloseTo((6 * 100) / 280, 12);
  expect(alone.measuredAgainst).toBe('computed steps');
  const both = summarise({ ledger: aligned(), stepMs, referenceStepMs: [100, 100, 100, 100, 100, 60] });
  expect(both.measuredSpeedup).toBeCloseTo(560 / 280, 12);
  expect(both.measuredAgainst).toBe('reference');
});

test('is one line', () => {
  const ledger = aligned();
  const input = { ledger, workShare: 0.5, stepMs: [4, 4, 1, 1, 1, 1], referenceStepMs: [4, 4, 4, 4, 4, 4] };
  expect(summaryLine(summarise({ ...input, psnr: 39.94, ssim: 0.98765 }), ledger)).toBe(
    'reused cond 3 of 6, uncond 3 of 6 steps · 2.00x expected · 2.00x measured against the reference · ' +
      'PSNR 39.9 dB · SSIM 0.9877',
  );
});

test('without times of every step it measures nothing', () => {
  expect(summarise({ ledger: aligned(), stepMs: [1, 2] })).not.toHaveProperty('measuredSpeedup');
});

test('a list of answers has a row for each of its places; groups of tokens that are not due are reused', () => {
  const decisions = [0, 1].map((step) => ({ step, plugin: 'hsa', key: 'due', value: [true, step === 0] }));
  const rows = decisionRows({ ...aligned(), decisions });
  expect(rows.map(({ key }) => key)).toEqual(['due 0', 'due 1']);
  expect(rows.map(({ steps }) => steps[1]?.state)).toEqual(['computed', 'reused']);
});
