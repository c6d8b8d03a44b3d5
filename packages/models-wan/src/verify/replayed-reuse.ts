import { type Ledger, SkipstoneError } from '@skipstone/core';
import {
  type Checked,
  compare,
  type Golden,
  type GoldenMethod,
  groupedReuse,
  parseFields,
} from '@skipstone/core/testing';
import { z } from 'zod';
import { ledgerColumns } from './reuse-ledger.js';

const fields = {
  steps: z.int().positive(),
  proxy: z.string().min(1),
  threshold: z.number().positive(),
  warmup_steps: z.int().min(0),
  strides: z.array(z.int().positive()).min(1),
  early: z.int().min(0),
  late: z.int().min(0),
  summary: z.string(),
};

/** Proxy reuse inside heterogeneous steps, replayed: flags and groups are given, the seams carry them. */
export const replayedReuse: GoldenMethod = {
  name: 'proxy reuse inside heterogeneous steps, replayed',
  kind: 'method-run',
  accepts: (golden) => 'proxy' in golden.fields && 'strides' in golden.fields,
  fields,
  inputs: ['in.groups'],
  prepare: async (golden) => {
    const given = parseFields(golden, z.object(fields));
    const { steps, strides, early, late } = given;
    const flags = await wholes(golden, 'ledger.reuse_cond', steps, 2);
    const tokens =
      golden.tensors
        .get('in.latents')
        ?.shape.slice(2)
        .reduce((a, b) => a * b, 1 / 4) ?? 0;
    const groups = { video: await wholes(golden, 'in.groups', tokens, strides.length) };
    const reuse = Array.from(flags, (flag) => flag === 1);
    return {
      plugins: [groupedReuse({ tap: `blocks.0.${given.proxy}`, reuse, groups, strides, early, late })],
      check: (ledger) => checkColumns(golden, ledger, { ...given, reuse }),
    };
  },
};

async function* checkColumns(
  golden: Golden,
  ledger: Ledger,
  rule: Parameters<typeof ledgerColumns>[1],
): AsyncGenerator<Checked> {
  for (const { name, data, limit } of ledgerColumns(ledger, rule)) {
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
