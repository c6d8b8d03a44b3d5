import type { Ledger } from '@skipstone/core';
import { leaderDecides } from '@skipstone/core/testing';
import { type Checked, compare, type Golden, type GoldenMethod, parseFields } from '@skipstone/golden';
import { z } from 'zod';
import { galaxyCache } from '../galaxy-cache.js';

const fields = {
  steps: z.int().positive(),
  proxy: z.string(),
  threshold: z.number().positive(),
  warmup_steps: z.int().min(0),
  aligned: z.boolean(),
};

/** Proxy reuse: the plugin decides, and its flags and metric must be those of the reference. */
export const proxyReuse: GoldenMethod = {
  name: 'proxy reuse',
  kind: 'method-run',
  accepts: (golden) => 'proxy' in golden.fields && !('strides' in golden.fields),
  fields,
  inputs: [],
  prepare: async (golden) => {
    const { steps, proxy, threshold, warmup_steps, aligned } = parseFields(golden, z.object(fields));
    const plugin = galaxyCache({ tap: proxy, threshold, warmup: { steps: warmup_steps } });
    return {
      plugins: aligned ? [leaderDecides(), plugin] : [plugin],
      check: (ledger) => checkLedger(golden, ledger, steps),
    };
  },
};

/** What the folder has of a branch: whether each step reused, and the number that was compared. */
async function* checkLedger(golden: Golden, ledger: Ledger, steps: number): AsyncGenerator<Checked> {
  for (const name of golden.tensors.keys()) {
    const [, column = '', branch = ''] = /^ledger\.(reuse|metric)_(.+)$/.exec(name) ?? [];
    if (branch === '') continue;
    const data = Array.from({ length: steps }, (_, step) => {
      const row = ledger.decisions.find((one) => one.step === step && one.branch === branch);
      return column === 'reuse' ? Number(row?.value ?? Number.NaN) : (row?.signal ?? Number.NaN);
    });
    const limit = column === 'reuse' ? 0 : undefined;
    yield compare(name, { shape: [steps], data }, await golden.reference(name), limit);
  }
}
