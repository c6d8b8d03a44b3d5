import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { faultLines, rejectionOf } from '@skipstone/core/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { chooseVerifier } from './choose-verifier.js';
import { compare, isMiss } from './compare.js';
import { editedGolden, type GoldenEdits } from './edited-golden.js';
import type { Checked, Golden, Verifier } from './golden.js';
import { openGolden } from './open-golden.js';
import { parseFields } from './parse-fields.js';
import { scheduleVerifier } from './schedule-verifier.js';
import { verifyGolden } from './verify-golden.js';

const REAL = fileURLToPath(new URL('../../core/test-data/schedule-wan', import.meta.url));
const SIGMAS = 'out.euler.shift3.n4.sigmas';
const TIMESTEPS = 'out.unipc.shift3.n4.timesteps';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skipstone-golden-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const edited = async (edits: GoldenEdits): Promise<Golden> =>
  openGolden(await editedGolden(REAL, folder, edits));

async function all(golden: Golden, verifier: Verifier = scheduleVerifier): Promise<readonly Checked[]> {
  const list: Checked[] = [];
  for await (const one of verifyGolden(golden, verifier)) list.push(one);
  return list;
}

const misses = (list: readonly Checked[]): readonly string[] =>
  list.filter((one) => isMiss(one, 1e-4)).map(({ name, note = '' }) => `${name}: ${note}`);

const linesOf = async (work: () => unknown) =>
  faultLines(await rejectionOf(Promise.resolve().then(work)), folder);

describe('grids of noise levels', () => {
  test('all verify at 1e-6', async () => {
    const checked = await all(await openGolden(REAL));
    expect(checked).toHaveLength(60);
    expect(checked.filter((one) => isMiss(one, 1e-6))).toEqual([]);
  });

  test.each([
    ['a noise level a little off', { [SIGMAS]: { at: 1, value: 0.90011 } }, `${SIGMAS}: `],
    ['a NaN', { [SIGMAS]: { at: 0, value: Number.NaN } }, `${SIGMAS}: not a number`],
    ['a timestep of 900.001', { [TIMESTEPS]: { at: 1, value: 900.001 } }, `${TIMESTEPS}: `],
    ['a tensor less', { [SIGMAS]: null }, `${SIGMAS}: not in io.safetensors`],
  ])('%s is a miss', async (_, io, miss) => {
    expect(misses(await all(await edited({ io })))).toEqual([miss]);
  });

  test('a grid of other steps than config.json says is refused', async () => {
    const golden = await edited({ config: { steps: [4, 20, 40] } });
    expect(await linesOf(() => all(golden))).toEqual([
      'golden-grid',
      '…: it holds a grid that is not known',
      'out.unipc.shift1.n50.sigmas',
      'out.<unipc or euler>.shift<s>.n<steps>.<sigmas or timesteps>, s and steps of config.json, or out.<case of config.json>.<sigmas or timesteps>',
      'correct the name, or add shift and steps to config.json',
    ]);
  });
});

test('a declared result that the verifier does not look at is a miss', async () => {
  const golden = await openGolden(REAL);
  const first: Verifier = {
    ...scheduleVerifier,
    name: 'one only',
    async *verify() {
      yield compare(SIGMAS, { shape: [1], data: [1] }, { shape: [1], data: [1] });
    },
  };
  const missed = misses(await all(golden, first));
  expect(missed).toHaveLength(59);
  expect(missed[0]).toBe("out.unipc.shift1.n4.sigmas: not verified by 'one only'");
});

describe('choosing', () => {
  const other: Verifier = { ...scheduleVerifier, name: 'another', accepts: () => false };

  test('the first that accepts gets the folder', async () => {
    const golden = await openGolden(REAL);
    expect(chooseVerifier(golden, [other, scheduleVerifier])).toBe(scheduleVerifier);
  });

  test('an unknown kind names the known ones', async () => {
    const golden = await edited({ case: { kind: 'schedul', what: 'a case' } });
    expect(await linesOf(() => chooseVerifier(golden, [scheduleVerifier]))).toEqual([
      'verify-kind',
      "…: nothing here verifies cases of the kind 'schedul'",
      'a case',
      'schedule',
      'verify it with the package that computes such cases',
    ]);
  });

  test('an unknown config names what is verified', async () => {
    const golden = await edited({ config: { rho: 7, shifts: undefined } });
    expect(await linesOf(() => chooseVerifier(golden, [scheduleVerifier]))).toEqual([
      'verify-model',
      "…: nothing here verifies this case of the kind 'schedule'",
      'a config.json with steps, rho',
      scheduleVerifier.name,
      'verify it with the package of its model or method',
    ]);
  });

  test('a model that is not verified is named', async () => {
    const golden = await edited({ config: { _class_name: 'Karras', shifts: undefined } });
    const [, , have, need] = await linesOf(() => chooseVerifier(golden, [scheduleVerifier, other]));
    expect(have).toBe('Karras');
    expect(need).toBe(`${scheduleVerifier.name}; another`);
  });
});

describe('fields', () => {
  const schema = z.strictObject({ steps: z.int(), options: z.strictObject({ order: z.literal(2) }) });
  const need = "of the kind 'schedule': steps, options";

  test.each([
    ['an unknown one', { step: 4 }, 'step', 'it is not known', 'did you mean steps?'],
    ['a wrong value', { steps: 'four' }, 'steps', /number/, 'see the form this kind has'],
    ['a missing one', { options: undefined }, 'options', /undefined/, 'see the form this kind has'],
    ['an inner one', { options: { order: 2, x: 1 } }, 'options.x', /x/, 'see the form this kind has'],
    ['an inner value', { options: { order: 3 } }, 'options.order', /2/, 'see the form this kind has'],
  ])('%s is an error', async (_, change, field, have, remedy) => {
    const golden = await edited({ case: { steps: 4, options: { order: 2 }, ...change } });
    const lines = await linesOf(() => parseFields(golden, schema));
    const what = `…: a field of its case.json is not understood: ${field}`;
    expect(lines).toEqual(['golden-field', what, expect.stringMatching(have), need, remedy]);
  });

  test('any field of a kind without fields is an error', async () => {
    const golden = await edited({ case: { steps: 4 } });
    expect(await linesOf(() => all(golden))).toEqual([
      'golden-field',
      '…: a field of its case.json is not understood: steps',
      'it is not known',
      "no further field ('schedule')",
      'leave it out',
    ]);
  });
});
