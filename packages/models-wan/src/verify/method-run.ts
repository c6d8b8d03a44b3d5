import { SkipstoneError } from '@skipstone/core';
import {
  type Checked,
  checkSchedule,
  compare,
  type Golden,
  goldenSchedule,
  groupedReuse,
  parseFields,
  type Verifier,
} from '@skipstone/core/testing';
import { z } from 'zod';
import { checkRun, goldenRun, RUN_INPUTS } from './golden-run.js';
import { isWan, openGoldenWan } from './golden-wan.js';
import { ledgerColumns } from './reuse-ledger.js';
import { refuseVariants, runFields, solvingOf } from './run-fields.js';
import { PROXIES } from './trace-drift.js';

const schema = z.strictObject({
  ...runFields,
  proxy: z.enum(PROXIES),
  threshold: z.number().positive(),
  warmup_steps: z.int().min(0),
  strides: z.array(z.int().positive()).min(1),
  early: z.int().min(0),
  late: z.int().min(0),
  summary: z.string(),
});

/**
 * Proxy reuse inside heterogeneous steps, replayed: flags and groups are given, the seams carry them. The
 * methods that take those decisions are verified by their own packages.
 */
export const methodRunVerifier: Verifier = {
  name: 'Wan2.1 text to video, proxy reuse inside heterogeneous steps, replayed',
  kind: 'method-run',
  accepts: (golden) => isWan(golden) && 'proxy' in golden.fields && 'strides' in golden.fields,
  elsewhere: (golden) => {
    if (!isWan(golden)) return undefined;
    if ('proxy' in golden.fields) return 'verify it with @skipstone/galaxy-cache';
    if ('strides' in golden.fields) return 'verify it with @skipstone/hsa';
    return undefined;
  },
  verify: verifyMethodRun,
};

async function* verifyMethodRun(golden: Golden): AsyncGenerator<Checked> {
  refuseVariants(golden);
  const model = await openGoldenWan(golden, [...RUN_INPUTS, 'in.groups']);
  const fields = parseFields(golden, schema);
  const schedule = goldenSchedule(golden, fields);
  const solving = solvingOf(golden, fields);
  const { steps, strides, early, late } = fields;
  const flags = await wholes(golden, 'ledger.reuse_cond', steps, 2);
  const tokens =
    golden.tensors
      .get('in.latents')
      ?.shape.slice(2)
      .reduce((a, b) => a * b, 1 / 4) ?? 0;
  const groups = await wholes(golden, 'in.groups', tokens, strides.length);
  yield* checkSchedule(golden, schedule);
  const tap = `blocks.0.${fields.proxy}`;
  const reuse = Array.from(flags, (flag) => flag === 1);
  const plugin = groupedReuse({ tap, reuse, groups: { video: groups }, strides, early, late });
  const run = await goldenRun(golden, model, schedule.schedule, solving, [plugin]);
  yield* checkRun(golden, run, steps);
  for (const { name, data, limit } of ledgerColumns(run.ledger, { ...fields, reuse })) {
    yield compare(name, { shape: [data.length], data }, await golden.reference(name), limit);
  }
}

/** A list of `count` whole numbers from 0 below `end`. */
async function wholes(golden: Golden, name: string, count: number, end: number): Promise<Int32Array> {
  const { shape, data } = await golden.input(name);
  const values = Int32Array.from(data, Number);
  if (shape.join() === `${count}` && values.every((value) => value >= 0 && value < end)) return values;
  throw new SkipstoneError({
    code: 'golden-tensors',
    what: `${golden.folder}: ${name} cannot be followed`,
    have: `[${shape.join(', ')}], values up to ${Math.max(...values)}`,
    need: `[${count}], whole numbers from 0 to ${end - 1}`,
    do: 'record the case again',
  });
}
