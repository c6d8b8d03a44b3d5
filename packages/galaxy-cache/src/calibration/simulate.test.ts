import { cfg } from '@skipstone/core';
import { runOn, toySubject } from '@skipstone/core/testing';
import { describe, expect, test } from 'vitest';
import { galaxyCache } from '../galaxy-cache.js';
import { testHeader } from '../test-kit/traces.js';
import { simulate } from './simulate.js';
import { type TraceEntry, traceDrift } from './trace-drift.js';
import { gatherRun } from './trace-file.js';

const STEPS = 20;
const TAP = 'attn_out';
const policy = { tap: TAP, warmup: { steps: 4 } };

/** The toy under some plugins, traced, with the leader's decisions. */
async function traced(threshold?: number) {
  const entries: TraceEntry[] = [];
  const watch = traceDrift({ taps: [TAP], tell: (entry) => entries.push(entry) });
  const plugins = threshold === undefined ? [watch] : [watch, galaxyCache({ ...policy, threshold })];
  const run = { guidance: cfg({ scale: 4 }), steps: STEPS, plugins };
  const { ledger } = await runOn(await toySubject(1), run);
  const flags = ledger.decisions.filter(({ branch }) => branch === 'cond').map(({ value }) => value);
  return { flags, run: gatherRun({ prompt: 0, seed: 0 }, STEPS, entries) };
}

const header = testHeader(STEPS, [TAP], 1);

describe('the simulation', async () => {
  const uncached = await traced();
  const changes = uncached.run.branches.cond?.change[TAP]?.slice(4).map(Number) ?? [];
  const mean = changes.reduce((a, b) => a + b, 0) / changes.length;

  test.each([0.5, 1.5, 2.5, 6])(
    'takes the decisions of a real run from that run’s own drifts, %d means',
    async (factor) => {
      const threshold = Number((factor * mean).toPrecision(4));
      const { flags, run } = await traced(threshold);
      expect(simulate({ header }, run, { ...policy, threshold })).toEqual(flags);
    },
  );

  test.each([1.5, 2.5])(
    'from an uncached run it foretells them within one step in twenty, %d means',
    async (factor) => {
      const threshold = Number((factor * mean).toPrecision(4));
      const { flags } = await traced(threshold);
      const foretold = simulate({ header }, uncached.run, { ...policy, threshold });
      const count = (list: readonly unknown[]): number => list.filter((flag) => flag === true).length;
      expect(count(flags)).toBeGreaterThan(0);
      expect(Math.abs(count(foretold) - count(flags))).toBeLessThanOrEqual(1);
    },
  );
});
