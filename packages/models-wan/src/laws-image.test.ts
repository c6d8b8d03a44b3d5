import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cfg, type Grid, openCheckpoint } from '@skipstone/core';
import { errorOf, groupedReuse, modelLaws, pluginLaws, runOn, type Subject } from '@skipstone/core/testing';
import { floatsOf, pinnedFrames } from '@skipstone/golden';
import { describe, expect, it } from 'vitest';
import { type WanTraits, wanConfig } from './config.js';
import { conditionGiven } from './given.js';
import { openTransformer } from './open-transformer.js';
import { goldenFolder, goldenTensor } from './test-kit/golden-folder.js';

const GRID: Grid = { frames: 3, height: 8, width: 6 };

async function parts(name: string, traits: WanTraits = {}) {
  const folder = goldenFolder(name);
  const config = wanConfig(JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')), folder, traits);
  return { config, checkpoint: await openCheckpoint(join(folder, 'model.safetensors')) };
}

/** Wan2.2 TI2V with its first frame given: 12 of 36 tokens are clean and stand at timestep 0. */
async function ti2v(): Promise<Subject> {
  const name = 'run-wan22-ti2v';
  const { config, checkpoint } = await parts(name, { firstFrame: true });
  const clean = await goldenTensor(name, 'in.condition');
  const model = openTransformer(config, 'ti2v', checkpoint);
  return {
    name: 'wan ti2v',
    models: [model],
    grid: GRID,
    lengths: { S: 9 },
    conditions: {
      cond: { text: await goldenTensor(name, 'in.prompt_embeds') },
      uncond: { text: await goldenTensor(name, 'in.negative_prompt_embeds') },
    },
    latents: { video: await goldenTensor(name, 'in.latents') },
    given: pinnedFrames(model.spec, floatsOf(clean), 1),
  };
}

/** Wan2.1 image to video: condition channels, and an image's tokens beside the text's. */
async function i2v(): Promise<Subject> {
  const name = 'wan21-i2v';
  const { config, checkpoint } = await parts(name);
  const input = await goldenTensor(name, 'in.hidden_states');
  const half = input.data.length / 2;
  const shape = [4, 3, 8, 6];
  const ports = async (sample: number) => ({
    text: await goldenTensor(name, 'in.encoder_hidden_states', sample),
    image: await goldenTensor(name, 'in.encoder_hidden_states_image', 0),
  });
  const condition = { ...input, shape, data: input.data.slice(half) };
  return {
    name: 'wan i2v',
    models: [openTransformer(config, 'i2v', checkpoint)],
    grid: GRID,
    lengths: { S: 512, I: 5 },
    conditions: { cond: await ports(0), uncond: await ports(1) },
    latents: { video: { ...input, shape, data: input.data.slice(0, half) } },
    given: conditionGiven(4, condition, GRID),
  };
}

/** Two experts in two phases, both branches at every step. */
async function a14b(): Promise<Subject> {
  const name = 'run-wan22-a14b';
  const { config, checkpoint } = await parts(name);
  const models = ['transformer.', 'transformer_2.'].map((prefix) => {
    const own = [...checkpoint.tensors].filter(([stored]) => stored.startsWith(prefix));
    const tensors = new Map(own.map(([stored, entry]) => [stored.slice(prefix.length), entry]));
    return openTransformer(config, 'a14b', { ...checkpoint, tensors });
  });
  return {
    name: 'wan a14b',
    models,
    grid: GRID,
    lengths: { S: 9 },
    conditions: {
      cond: { text: await goldenTensor(name, 'in.prompt_embeds') },
      uncond: { text: await goldenTensor(name, 'in.negative_prompt_embeds') },
    },
    latents: { video: await goldenTensor(name, 'in.latents') },
    guidance: cfg({ scale: 4 }),
  };
}

const groups = { video: Int32Array.from({ length: 36 }, (_, i) => i % 3) };
const grouped = { tap: 'blocks.0.cross_attn_out', groups, early: 4, late: 1 };
const reuse = Array.from({ length: 12 }, (_, i) => i % 2 === 1);

describe.each([ti2v, i2v, a14b])('%o obeys the laws', async (make) => {
  const subject = await make();
  it.each(modelLaws(subject))('$name', (law) => law.check());

  it.each(
    pluginLaws(subject, {
      name: 'grouped-reuse',
      on: () => groupedReuse({ ...grouped, reuse, strides: [1, 2, 4] }),
      off: () => groupedReuse({ ...grouped, reuse: [], strides: [1, 1, 1] }),
      warmup: 1,
      hit: (d) => d.key === 'reuse' && d.value === true,
    }),
  )('$name', (law) => law.check());
});

describe('what is given', async () => {
  it('is where the run ends, also with tokens that idle', async () => {
    const subject = await ti2v();
    const clean = subject.given?.pinned?.video?.clean;
    if (!clean) throw new Error('nothing was given');
    const plugins = [groupedReuse({ ...grouped, reuse, strides: [1, 2, 4] })];
    for (const run of [{}, { plugins, steps: 12 }]) {
      const { latents } = await runOn(subject, run);
      const data = latents.video?.data.slice(0, clean.data.length) ?? new Float32Array();
      expect(errorOf({ video: { ...clean, data } }, { video: clean })).toBeLessThan(1e-5);
    }
  });

  it('is asked for by name where it is missing', async () => {
    const { given: _, ...without } = await i2v();
    await expect(runOn(without)).rejects.toThrow(/need {3}given\.tables\.condition/);
  });
});
