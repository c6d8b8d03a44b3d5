import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { editedGolden, type GoldenEdits, isVerified, missesOf, verifyFolder } from '@skipstone/golden';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadVerifiers } from './verifiers.js';

const TRACE = fileURLToPath(new URL('../../../galaxy-cache/test-data/method-trace', import.meta.url));

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skipstone-trace-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const verify = async (path: string) => verifyFolder(path, await loadVerifiers(), 1e-4);
const missesIn = async (edits: GoldenEdits): Promise<readonly string[]> => {
  const report = await verify(await editedGolden(TRACE, folder, edits));
  expect(report.error).toBeUndefined();
  return missesOf(report).map(({ name }) => name);
};

test('drifts and correlations are those of the reference', async () => {
  const report = await verify(TRACE);
  expect(report.error).toBeUndefined();
  expect(missesOf(report)).toEqual([]);
  expect(isVerified(report)).toBe(true);
  expect(report.checked).toHaveLength(40);
});

test('one drift of a broken copy is a miss, alone', async () => {
  const io = { 'series.mlp_out': { at: 4, value: 1 } };
  expect(await missesIn({ io })).toEqual(['series.mlp_out']);
});

test('a correlation off by 1e-8 is a miss, and a warm-up that is not a fifth of the steps', async () => {
  const rho = { block_in: 0, attn_in: 0, attn_out: 0, cross_attn_in: 0 };
  const more = { cross_attn_out: 0, mlp_in: 0, mlp_out: 0, block_out: 0.6088235294117647 + 1e-8 };
  const all = { ...rho, ...more };
  const misses = await missesIn({ case: { rho: all, warmup_steps: 3 } });
  expect(misses).toEqual(['warmup_steps', ...Object.keys(all).map((key) => `rho.${key}`)]);
});
