import { cfgAlign } from '@skipstone/cfg-align';
import type { Ledger } from '@skipstone/core';
import { galaxyCache } from '@skipstone/galaxy-cache';
import { type Checked, compare, type Golden, type GoldenMethod, parseFields } from '@skipstone/golden';
import { hsa } from '@skipstone/hsa';
import { z } from 'zod';

const fields = {
  steps: z.int().positive(),
  proxy: z.string(),
  threshold: z.number().positive(),
  warmup_steps: z.int().min(0),
  strides: z.array(z.int().positive()).min(1),
  early: z.int().min(0),
  late: z.int().min(0),
};

const LEADER = 'cond';

/** Proxy reuse inside heterogeneous step allocation: both plugins decide as they do alone, one branch leads. */
export const jointReuse: GoldenMethod = {
  name: 'proxy reuse inside heterogeneous step allocation',
  kind: 'method-run',
  accepts: (golden) => 'proxy' in golden.fields && 'strides' in golden.fields,
  fields,
  inputs: ['in.groups'],
  prepare: async (golden) => {
    const { steps, proxy, threshold, ...given } = parseFields(golden, z.object(fields));
    const { data } = await golden.input('in.groups');
    const assignment = {
      video: Array.from(data, Number)
        .map((group) => group.toString(36))
        .join(''),
    };
    const windows = { early: { steps: given.early }, late: { steps: given.late } };
    const plugins = [
      cfgAlign(),
      hsa({ strides: given.strides, ...windows, assignment }),
      galaxyCache({ tap: proxy, threshold, warmup: { steps: given.warmup_steps } }),
    ];
    return { plugins, check: (ledger) => checkLedger(golden, ledger, steps) };
  },
};

async function* checkLedger(golden: Golden, ledger: Ledger, steps: number): AsyncGenerator<Checked> {
  const each = <T>(of: (step: number) => T): readonly T[] =>
    Array.from({ length: steps }, (_, step) => of(step));
  const rows = each((step) =>
    ledger.decisions.find((row) => row.step === step && row.branch === LEADER && row.key === 'reuse'),
  );
  const passes = each((step) => ledger.passes.find((one) => one.step === step && one.branch === LEADER));
  const columns: readonly [name: string, data: readonly number[], limit?: number][] = [
    ['ledger.reuse_cond', rows.map((row) => Number(row?.value ?? Number.NaN)), 0],
    ['ledger.metric_cond', rows.map((row) => row?.signal ?? Number.NaN)],
    ['ledger.active', passes.map((pass) => pass?.rows.video ?? 0), 0],
  ];
  for (const [name, data, limit] of columns) {
    yield compare(name, { shape: [steps], data }, await golden.reference(name), limit);
  }
}
