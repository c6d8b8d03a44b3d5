import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  firstFrames,
  generate,
  type HostTensor,
  type JsonOptions,
  planGeneration,
  type VideoModel,
} from '@skipstone/core';
import { errorOf } from '@skipstone/core/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { wanConfig } from './config.js';
import { imageCondition } from './given.js';
import { openWan } from './open-wan.js';
import { copyModel, goldenFolder, goldenTensor, putJson } from './test-kit/golden-folder.js';
import { originalName } from './test-kit/original-name.js';
import { wanTransformer } from './transformer.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skipstone-wan-image-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const configOf = async (name: string) =>
  JSON.parse(await readFile(join(goldenFolder(name), 'config.json'), 'utf8'));

const A14B = 'run-wan22-a14b';
const TI2V = 'run-wan22-ti2v';
const TRANSFORMER = ['diffusers', 'WanTransformer3DModel'];
const ORIGINAL = { dim: 32, num_heads: 2, num_layers: 3, ffn_dim: 56, freq_dim: 32, text_dim: 12 };

/** A pipeline of two experts: diffusers' folders, or the original release's. */
async function putExperts(layout: 'diffusers' | 'original'): Promise<void> {
  const original = layout === 'original';
  const [high, low] = original ? ['high_noise_model', 'low_noise_model'] : ['transformer', 'transformer_2'];
  const config = original ? { ...ORIGINAL, model_type: 't2v', in_dim: 4, out_dim: 4 } : await configOf(A14B);
  for (const [from, to = ''] of [
    ['transformer.', high],
    ['transformer_2.', low],
  ] as const) {
    await putJson(join(folder, to, 'config.json'), config);
    await copyModel(A14B, join(folder, to, 'diffusion_pytorch_model.safetensors'), (name) => {
      if (!name.startsWith(from)) return undefined;
      const rest = name.slice(from.length);
      return original ? originalName(rest) : rest;
    });
  }
  if (original) return;
  const parts = { transformer: TRANSFORMER, transformer_2: TRANSFORMER };
  await putJson(join(folder, 'model_index.json'), {
    ...{ _class_name: 'WanPipeline', ...parts, boundary_ratio: 0.875 },
  });
}

const embedsOf = async (name: string) => ({
  cond: { text: await goldenTensor(name, 'in.prompt_embeds') },
  uncond: { text: await goldenTensor(name, 'in.negative_prompt_embeds') },
});

const SIZE = { width: 48, height: 64, frames: 9 } as const;

describe('two experts', { timeout: 60_000 }, () => {
  test.each(['diffusers', 'original'] as const)('give the latents of the reference, %s', async (layout) => {
    await putExperts(layout);
    const model = await openWan(folder);
    expect(model.origin).toBe(folder);
    expect(model.phases.map(({ name, until, guidance }) => [name, until, guidance])).toEqual([
      ['high-noise', 875, 4],
      ['low-noise', undefined, 3],
    ]);
    expect(model.defaults).toMatchObject({ steps: 40, shift: 12, width: 1280, height: 720 });
    const noise = { video: await goldenTensor(A14B, 'in.latents') };
    const options = { ...SIZE, steps: 8, noise, embeds: await embedsOf(A14B) };
    const { latents, plan } = await generate(model, options).result;
    expect(plan.phases.map(({ from }) => from)).toEqual([0, 6]);
    expect(errorOf(latents, { video: await goldenTensor(A14B, 'out.latents') })).toBeLessThan(1e-4);
  });

  const planned = (model: VideoModel, options: JsonOptions) => {
    const request = { options: { ...SIZE, steps: 8, ...options }, plugins: [], lengths: { S: 9 } };
    return planGeneration(model, { ...request, decompose: new Set() }).plan;
  };
  const branches = (model: VideoModel, options: JsonOptions) =>
    planned(model, options).phases.map(({ guidance }) => guidance.branches.length);
  const notes = (model: VideoModel, options: JsonOptions) => planned(model, options).notes;

  test('are guided both or neither, as the first one is', async () => {
    await putExperts('diffusers');
    const model = await openWan(folder);
    const scaled = (...scales: number[]): VideoModel => ({
      ...model,
      phases: model.phases.map((phase, i) => ({ ...phase, guidance: scales[i] ?? 1 })),
    });
    expect(branches(scaled(4, 3), {})).toEqual([2, 2]);
    expect(branches(scaled(4, 1), {})).toEqual([2, 2]);
    expect(branches(scaled(1, 3), {})).toEqual([1, 1]);
    expect(branches(model, { guidance: 1 })).toEqual([1, 1]);
    expect(notes(model, { guidance: 1 })).toEqual(['guidance 1 turns guidance off']);
    expect(notes(model, { guidance: [4, 1] })).toEqual([]);
    expect(notes(model, { guidance: [1, 3] })).toEqual([
      'guidance 1 of high-noise turns guidance off for low-noise too, as in its reference',
    ]);
    // At shift 1 of one step there is no step of low noise.
    expect(branches(scaled(1, 3), { steps: 1 })).toEqual([1]);
  });
});

describe('a first frame', { timeout: 60_000 }, () => {
  async function ti2v(): Promise<VideoModel> {
    await putJson(join(folder, 'transformer/config.json'), await configOf(TI2V));
    await copyModel(TI2V, join(folder, 'transformer/diffusion_pytorch_model.safetensors'), (name) => name);
    const said = { transformer_2: [null, null], boundary_ratio: null, expand_timesteps: true };
    await putJson(join(folder, 'model_index.json'), {
      ...{ _class_name: 'WanPipeline', transformer: TRANSFORMER, ...said },
    });
    return openWan(folder);
  }

  test('is kept, and the rest is that of the reference', async () => {
    const model = await ti2v();
    const given = firstFrames(model, { video: await goldenTensor(TI2V, 'in.condition') });
    const noise = { video: await goldenTensor(TI2V, 'in.latents') };
    const options = { ...SIZE, steps: 6, shift: 5, guidance: 5, noise, embeds: await embedsOf(TI2V) };
    const { latents } = await generate(model, { ...options, given }).result;
    expect(errorOf(latents, { video: await goldenTensor(TI2V, 'out.latents') })).toBeLessThan(1e-4);
    const without = await generate(model, options).result;
    expect(errorOf(without.latents, latents)).toBeGreaterThan(0.1);
  });

  test('is refused where tokens share a timestep', async () => {
    const model = await openWan(goldenFolder('run-wan21-unipc'));
    const given = firstFrames(model, { video: zeros(4, 1, 8, 6) });
    const running = generate(model, { ...SIZE, embeds: await embedsOf('run-wan21-unipc'), given });
    await expect(running.result).rejects.toThrow(/tokens of video cannot be pinned/);
  });
});

const zeros = (...shape: number[]): HostTensor => ({
  type: 'float32',
  shape,
  data: new Float32Array(shape.reduce((a, b) => a * b, 1)),
});

describe('an image in condition channels', () => {
  /** The tiny model's layout with so many condition channels. */
  async function model(channels: number): Promise<VideoModel> {
    const open = await openWan(goldenFolder('run-wan21-unipc'));
    const tiny = wanConfig(await configOf('run-wan21-unipc'), 'tiny');
    const spec = wanTransformer({ ...tiny, channelsIn: tiny.channels + channels }, 'i2v');
    const phases = open.phases.map((phase) => ({ ...phase, model: { ...phase.model, spec } }));
    return { ...open, phases };
  }

  test('is a mask of the frames that are given, then their latents', async () => {
    const video = { ...zeros(2, 3, 2, 2), data: Float32Array.from({ length: 24 }, (_, i) => i + 2) };
    const { tables } = imageCondition(await model(6), video, { lastFrame: true });
    const { shape, data } = tables?.condition ?? zeros();
    expect(shape).toEqual([3, 24]);
    // A row holds a token's four pixels, six channels each; the first pixel of each frame:
    const pixels = [0, 1, 2].map((frame) => Array.from(data.slice(24 * frame, 24 * frame + 6), Number));
    expect(pixels).toEqual([
      [1, 1, 1, 1, 2, 14],
      [0, 0, 0, 0, 6, 18],
      [0, 0, 0, 1, 10, 22],
    ]);
  });

  test('keeps the mask that is there, which then says alone what is given', async () => {
    const six = await model(6);
    const video = { ...zeros(6, 3, 2, 2), data: Float32Array.from({ length: 72 }, (_, i) => i) };
    const { tables } = imageCondition(six, video);
    expect(Array.from(tables?.condition?.data.slice(0, 6) ?? [], Number)).toEqual([0, 12, 24, 36, 48, 60]);
    expect(() => imageCondition(six, video, { lastFrame: true })).toThrow('leave lastFrame out');
  });

  test('is refused in another shape, and by models without such channels', async () => {
    const twenty = await model(20);
    expect(() => imageCondition(twenty, zeros(4, 3, 8, 6))).toThrow(
      /have {3}\[4, 3, 8, 6\]\n.*\[16, T, Y, X\]/,
    );
    const text = await openWan(goldenFolder('run-wan21-unipc'));
    expect(() => imageCondition(text, zeros(16, 3, 8, 6))).toThrow(/a model without condition channels/);
  });

  test('is missed before anything runs', async () => {
    const i2v = await openWan(goldenFolder('wan21-i2v'));
    const ports = { text: zeros(512, 12), image: zeros(5, 6) };
    const running = generate(i2v, { ...SIZE, embeds: { cond: ports, uncond: ports } });
    await expect(running.result).rejects.toThrow(/lacks what it must be given/);
  });
});
