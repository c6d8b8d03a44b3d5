import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { editedGolden, type GoldenEdits, isVerified, missesOf, verifyFolder } from '@skipstone/golden';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadVerifiers } from './verifiers.js';

const real = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const hsa = (name: string): string => real(`hsa/test-data/${name}`);
const galaxy = (name: string): string => real(`galaxy-cache/test-data/${name}`);

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skipstone-methods-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const verify = async (path: string) => verifyFolder(path, await loadVerifiers(), 1e-4);
const missesIn = async (from: string, edits: GoldenEdits): Promise<readonly string[]> => {
  const report = await verify(await editedGolden(from, folder, edits));
  expect(report.error).toBeUndefined();
  return missesOf(report).map(({ name }) => name);
};

describe('methods decide as their references did', () => {
  test.each([
    [galaxy('method-galaxy'), 25],
    [galaxy('method-galaxy-attn-out'), 25],
    [galaxy('method-galaxy-unaligned'), 26],
    [real('models-wan/test-data/method-galaxy-hsa'), 25],
    [hsa('method-hsa'), 26],
    [hsa('method-hsa-no-window'), 26],
    [hsa('method-hsa-off'), 26],
    [hsa('method-hsa-unipc'), 25],
    [hsa('method-hsa-unipc-no-window'), 25],
  ])('%s, %i tensors', async (path, count) => {
    const report = await verify(path);
    expect(report.error).toBeUndefined();
    expect(missesOf(report)).toEqual([]);
    expect(isVerified(report)).toBe(true);
    expect(report.checked).toHaveLength(count);
  });
});

describe('a broken copy of proxy reuse is a miss', () => {
  const from = galaxy('method-galaxy');

  test.each([
    ['a flag', 'ledger.reuse_uncond', { at: 6, value: 9 }],
    ['a metric', 'ledger.metric_cond', { at: 6, value: 9 }],
    ['latents', 'step.9.latents', { at: 0, value: 9 }],
  ])('%s: it alone, since nothing is replayed', async (_, name, edit) => {
    expect(await missesIn(from, { io: { [name]: edit } })).toEqual([name]);
  });

  test.each([
    ['another threshold', { threshold: 0.4 }],
    ['another proxy', { proxy: 'mlp_out' }],
    ['a longer warm-up', { warmup_steps: 7 }],
  ])('%s: flags, metric and latents', async (_, fields) => {
    const misses = await missesIn(from, { case: fields });
    expect(misses).toContain('ledger.metric_cond');
    expect(misses).toContain('out.latents');
    expect(misses).not.toContain('step.0.latents');
  });

  test('one branch that decides for both where each decided alone', async () => {
    const misses = await missesIn(galaxy('method-galaxy-unaligned'), { case: { aligned: true } });
    expect(misses).toContain('ledger.reuse_uncond');
    expect(misses).toContain('ledger.metric_uncond');
    expect(misses).not.toContain('step.3.latents');
  });
});

describe('a broken copy of step allocation is a miss', () => {
  test('a token in another group', async () => {
    const misses = await missesIn(hsa('method-hsa-unipc'), { io: { 'in.groups': { at: 3, value: 0 } } });
    expect(misses).toContain('ledger.active');
    expect(misses).toContain('out.latents');
    expect(misses).not.toContain('step.4.velocity_active');
  });

  test('groups that the run itself decides otherwise', async () => {
    const misses = await missesIn(hsa('method-hsa'), { io: { 'in.groups': { at: 3, value: 2 } } });
    expect(misses).toEqual(['in.groups', 'in.groups']);
  });

  test.each([
    ['another stride', 'method-hsa', { strides: [1, 2, 5] }],
    ['a shorter window', 'method-hsa-unipc', { late: 1 }],
  ])('%s', async (_, name, fields) => {
    expect(await missesIn(hsa(name), { case: fields })).toContain('ledger.active');
  });

  test('a velocity that was scored', async () => {
    const misses = await missesIn(hsa('method-hsa'), { io: { 'in.velocity.3': { at: 0, value: 99 } } });
    expect(misses).toContain('out.score');
  });
});

describe('proxy reuse inside step allocation decides by itself, nothing is replayed', () => {
  const from = real('models-wan/test-data/method-galaxy-hsa');

  test.each([
    ['a flag', 'ledger.reuse_cond', { at: 6, value: 9 }],
    ['a metric', 'ledger.metric_cond', { at: 4, value: 0.5 }],
    ['a count', 'ledger.active', { at: 5, value: 10 }],
  ])('%s: it alone', async (_, name, edit) => {
    expect(await missesIn(from, { io: { [name]: edit } })).toEqual([name]);
  });

  test('another threshold: flags and latents', async () => {
    const misses = await missesIn(from, { case: { threshold: 0.3 } });
    expect(misses).toContain('ledger.reuse_cond');
    expect(misses).toContain('out.latents');
  });

  test('a token of another group', async () => {
    const misses = await missesIn(from, { io: { 'in.groups': { at: 0, value: 0 } } });
    expect(misses).toContain('ledger.active');
    expect(misses).not.toContain('step.4.latents');
  });

  test('a shift that the recording did not have', async () => {
    const misses = await missesIn(from, { case: { shift: 3.01 } });
    expect(misses).toContain('schedule.sigmas');
    expect(misses).toContain('out.latents');
  });

  test('a group that has no stride is an error', async () => {
    const path = await editedGolden(from, folder, { io: { 'in.groups': { at: 0, value: 3 } } });
    expect((await verify(path)).error?.message).toContain('group');
  });
});
