import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cfgAlign } from '@skipstone/cfg-align';
import { type HostTensor, openCheckpoint, openModel, readProfile } from '@skipstone/core';
import { runOn, type Subject } from '@skipstone/core/testing';
import { galaxyCache } from '@skipstone/galaxy-cache';
import { recorded } from '@skipstone/golden';
import { wanConfig, wanTransformer } from '@skipstone/models-wan';
import { afterAll, beforeAll, expect, test } from 'vitest';

/** Tiny random weights of Wan2.1's layout, 3 blocks. */
const MODEL = fileURLToPath(new URL('../../../models-wan/test-data/run-wan21-euler/', import.meta.url));
const REUSED = 4;

/** Names of the operators that the runtime executed at the reuse step, by branch. */
const executed: Record<string, readonly string[]> = {};
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skipstone-profile-'));
  const plugins = [
    cfgAlign(),
    galaxyCache({ tap: 'cross_attn_out', threshold: 1e9, warmup: { steps: REUSED } }),
  ];
  const { runs } = await runOn(await subject(), { steps: 6, plugins }, { profile: folder });
  const nodes = (await readProfile(folder, { runs })).filter(({ step }) => step === REUSED);
  for (const { branch = '', node } of nodes) executed[branch] = [...(executed[branch] ?? []), node];
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function subject(): Promise<Subject> {
  const config = wanConfig(JSON.parse(await readFile(join(MODEL, 'config.json'), 'utf8')), MODEL);
  const read = (name: string): Promise<HostTensor> => recorded(MODEL, name);
  const weights = await openCheckpoint(join(MODEL, 'model.safetensors'));
  return {
    name: 'tiny wan',
    models: [openModel(wanTransformer(config, 'tiny wan'), weights)],
    grid: { frames: 3, height: 8, width: 6 },
    lengths: { S: 9 },
    conditions: {
      cond: { text: await read('in.prompt_embeds') },
      uncond: { text: await read('in.negative_prompt_embeds') },
    },
    latents: { video: await read('in.latents') },
  };
}

const inBlocks = (branch: string): readonly string[] =>
  (executed[branch] ?? []).filter((name) => name.startsWith('blocks.'));

test('a follower executes the head and nothing of any block', () => {
  expect(executed.uncond?.length).toBeGreaterThan(0);
  expect(inBlocks('uncond')).toEqual([]);
  expect(executed.uncond?.some((name) => name.startsWith('proj_out'))).toBe(true);
});

test('the leader executes the first block up to the tap, each operator once, and the head', () => {
  const ran = inBlocks('cond');
  const after = /^blocks\.0\.(?:attn2\.residual|norm3|ffn|out$|scale2|shift2|gate2)|^blocks\.[12]\./;
  expect(ran.filter((name) => after.test(name))).toEqual([]);
  expect(ran.some((name) => name.startsWith('blocks.0.attn1.to_q'))).toBe(true);
  expect(ran.some((name) => name.startsWith('blocks.0.attn2.to_out'))).toBe(true);
  expect(new Set(ran).size).toBe(ran.length);
  expect(executed.cond?.some((name) => name.startsWith('proj_out'))).toBe(true);
});

test('beside these there is the embedding and the clock, once for both branches', () => {
  const rest = (branch: string) =>
    (executed[branch] ?? []).filter((name) => !/^(?:blocks\.|proj_out|norm_out|head)/.test(name));
  expect(rest('uncond')).toEqual([]);
  expect(rest('cond').filter((name) => !/^(?:patch_embedding|condition_embedder\.)/.test(name))).toEqual([]);
  expect(new Set(rest('cond')).size).toBe(rest('cond').length);
});
