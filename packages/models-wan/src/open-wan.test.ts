import { join } from 'node:path';
import {
  type GenerateOptions,
  generate,
  type HostTensor,
  openCheckpoint,
  readTensor,
  type StreamedTensor,
  type VideoModel,
  writeSafetensors,
} from '@skipstone/core';

import { errorOf, rejectionOf } from '@skipstone/core/testing';
import { recorded } from '@skipstone/golden';
import { describe, expect, test, vi } from 'vitest';

import { openWan } from './open-wan.js';
import { originalName } from './test-kit/original-name.js';
import {
  at,
  folder,
  ORIGINAL,
  PIPELINE,
  put,
  putPipeline,
  putWeights,
  RUN,
  TINY,
} from './test-kit/wan-folder.js';

describe('the reference run', { timeout: 60_000 }, () => {
  test('gives the latents of diffusers, UniPC, 8 steps, guidance 5', async () => {
    const model = await openWan(RUN);
    const read = (name: string): Promise<HostTensor> => recorded(RUN, name);
    const { latents, video } = await generate(model, {
      embeds: {
        cond: { text: await read('in.prompt_embeds') },
        uncond: { text: await read('in.negative_prompt_embeds') },
      },
      noise: { video: await read('in.latents') },
      ...{ width: 48, height: 64, frames: 9, steps: 8, shift: 3, guidance: 5 },
    }).result;
    expect(latents.video?.shape).toEqual([4, 3, 8, 6]);
    expect(errorOf(latents, { video: await read('out.latents') })).toBeLessThan(1e-4);
    expect(video).toBeUndefined();
  });
});

describe('layouts', { timeout: 60_000 }, () => {
  test('opens a pipeline folder and takes its flow shift', async () => {
    await putPipeline();
    const model = await openWan(folder);
    expect(model.defaults.shift).toBe(3);
    expect(model.origin).toBe(at('transformer'));
    expect(model.phases).toHaveLength(1);
    expect(model.text).toBeUndefined();
    expect(model.codec).toBeUndefined();
  });

  test("takes flow-match Euler's name of the shift", async () => {
    await putPipeline(PIPELINE, { _class_name: 'FlowMatchEulerDiscreteScheduler', shift: 7 });
    expect((await openWan(folder)).defaults.shift).toBe(7);
  });

  test('opens the transformer folder of a pipeline, with its flow shift', async () => {
    await putPipeline();
    expect((await openWan(at('transformer'))).defaults.shift).toBe(3);
  });

  test('opens a pipeline folder without index and schedule', async () => {
    await put('transformer/config.json', TINY);
    await putWeights('transformer/diffusion_pytorch_model.safetensors');
    expect((await openWan(folder)).defaults.shift).toBe(5);
  });

  test('opens a file with its configuration beside it, or named', async () => {
    const beside = await openWan(join(RUN, 'model.safetensors'));
    expect(beside.origin).toBe(RUN);
    const weights = await putWeights('some.safetensors');
    const config = await put('elsewhere.json', TINY);
    expect((await openWan(weights, { config, name: 'mine' })).name).toBe('mine');
  });

  test('opens shards by their index', async () => {
    const checkpoint = await openCheckpoint(join(RUN, 'model.safetensors'));
    const names = [...checkpoint.tensors.keys()];
    const weightMap: Record<string, string> = {};
    for (const shard of [0, 1]) {
      const file = `diffusion_pytorch_model-0000${shard + 1}-of-00002.safetensors`;
      const part = names.filter((_, i) => i % 2 === shard);
      await writeSafetensors(at(file), await tensorsOf(part, (name) => name));
      for (const name of part) weightMap[name] = file;
    }
    await put('diffusion_pytorch_model.safetensors.index.json', { metadata: {}, weight_map: weightMap });
    await put('config.json', TINY);
    expect((await openWan(folder)).phases[0]?.model.checkpoint.files).toHaveLength(2);
  });

  test.each([
    ['the original release', 'diffusion_pytorch_model', '', ORIGINAL],
    ['ComfyUI', 'wan2.1_t2v_1.3B_bf16', 'model.diffusion_model.', ORIGINAL],
    ['ComfyUI, bare', 'wan2.1_t2v_1.3B_bf16', 'diffusion_model.', TINY],
  ])(
    'opens the file of %s: the same bytes as from the folder of diffusers',
    async (_, file, prefix, config) => {
      const checkpoint = await openCheckpoint(join(RUN, 'model.safetensors'));
      const names = [...checkpoint.tensors.keys()];
      const path = at(`${file}.safetensors`);
      await writeSafetensors(path, await tensorsOf(names, (name) => prefix + originalName(name)));
      await put('config.json', config);
      const original = await openWan(path);
      expect(original.phases[0]?.model.checkpoint.tensors.has('blocks.2.attn1.to_out.0.weight')).toBe(true);
      const latents = await Promise.all([original, await openWan(RUN)].map(twoSteps));
      expect(latents[0]).toEqual(latents[1]);
      expect(latents[0]?.some((value) => value !== 0)).toBe(true);
    },
  );
});

describe('8-bit floats', { timeout: 60_000 }, () => {
  test('of one ComfyUI file give the bytes of the same weights in float32 from a folder', async () => {
    vi.stubEnv('SKIPSTONE_CACHE', at('cache'));
    const { tensors } = await openCheckpoint(join(RUN, 'model.safetensors'));
    const single: Record<string, HostTensor | StreamedTensor> = {};
    const folded: Record<string, HostTensor> = {};
    for (const [name, entry] of tensors) {
      const host = await readTensor(entry);
      const own = `model.diffusion_model.${originalName(name)}`;
      folded[name] = host;
      single[own] = host;
      if (!/attn.*(to|out)_?.*\.weight$/.test(name) || host.shape.length !== 2) continue;
      // Halves, and a scale that is a power of two: every value is exact in every type.
      const codes = Uint8Array.from(host.data as Float32Array, (value) => (Number(value) < 0 ? 0xb0 : 0x30));
      const data = Float32Array.from(codes, (code) => (code & 0x80 ? -1 : 1) * 2 ** -5);
      folded[name] = { type: 'float32', shape: host.shape, data };
      single[own] = { dtype: 'F8_E4M3', shape: host.shape, pieces: () => [codes] };
      const scale = Float32Array.of(2 ** -4);
      single[own.replace(/weight$/, 'scale_weight')] = { type: 'float32', shape: [], data: scale };
    }
    expect(Object.keys(single).length).toBeGreaterThan(Object.keys(folded).length);
    await put('comfy/config.json', TINY);
    await writeSafetensors(at('comfy/wan2.1_t2v_1.3B_fp8_scaled.safetensors'), single);
    await put('diffusers/config.json', TINY);
    await writeSafetensors(at('diffusers/diffusion_pytorch_model.safetensors'), folded);
    const models = await Promise.all(['comfy', 'diffusers'].map((name) => openWan(at(name))));
    const [comfy, diffusers] = [await twoSteps(models[0]), await twoSteps(models[1])];
    expect(comfy).toEqual(diffusers);
    expect(comfy.some((value) => value !== 0)).toBe(true);
    vi.unstubAllEnvs();
  });
});

async function tensorsOf(
  names: readonly string[],
  rename: (name: string) => string,
): Promise<Record<string, HostTensor>> {
  const checkpoint = await openCheckpoint(join(RUN, 'model.safetensors'));
  const tensors: Record<string, HostTensor> = {};
  for (const name of names) {
    const entry = checkpoint.tensors.get(name);
    if (entry) tensors[rename(name)] = await readTensor(entry);
  }
  return tensors;
}

const TEXT: HostTensor = {
  type: 'float32',
  shape: [5, 12],
  data: Float32Array.from({ length: 60 }, (_, i) => Math.sin(i)),
};

async function twoSteps(model: VideoModel | undefined): Promise<readonly number[]> {
  if (!model) throw new Error('no model');
  const options: GenerateOptions = { width: 32, height: 32, frames: 5, steps: 2, seed: 3, guidance: 1 };
  const { latents } = await generate(model, { ...options, embeds: { cond: { text: TEXT } } }).result;
  return Array.from(latents.video?.data ?? [], Number);
}

describe('sizes and defaults', () => {
  test('has the published defaults', async () => {
    const { defaults, name } = await openWan(RUN);
    expect(name).toBe('wan');
    expect(defaults).toEqual({
      ...{ width: 832, height: 480, frames: 81, framesPerSecond: 16, steps: 50 },
      ...{ guidance: 5, guidanceForm: 'uncond', shift: 5, sampler: 'unipc' },
      schedules: { unipc: 'unipc-flow', euler: 'euler-flow' },
    });
  });

  test.each([
    [
      { width: 64, height: 48, frames: 1 },
      { frames: 1, height: 6, width: 8 },
    ],
    [
      { width: 480, height: 496, frames: 81 },
      { frames: 21, height: 62, width: 60 },
    ],
  ])('%o has the latents %o', async (size, grid) => {
    const model = await openWan(RUN);
    expect(model.grid(size)).toEqual(grid);
    const shape = [4, grid.frames, grid.height, grid.width];
    expect(model.latentShape(grid)).toEqual({ video: shape });
  });

  test.each([
    [{ width: 100, height: 48, frames: 5 }, '100x48', 'multiples of 16', 'ask for 96x48'],
    [{ width: 3, height: 0, frames: 5 }, '3x0', 'multiples of 16', 'ask for 16x16'],
    [{ width: 96, height: 48, frames: 8 }, '8 frames', '4k + 1', 'ask for 9'],
    [{ width: 96, height: 48, frames: -3 }, '-3 frames', '4k + 1', 'ask for 1'],
    [{ width: 1024, height: 48, frames: 5 }, '2×3×64', 'at most 32×32×32', 'smaller'],
  ])('refuses %o', async (size, have, need, todo) => {
    const model = await openWan(RUN);
    const error = await rejectionOf((async () => model.grid(size))());
    expect(error.code).toBe('model-size');
    expect(error.lines.what).toBe('wan: a video of this size has no latents');
    expect(error.lines.have).toContain(have);
    expect(error.lines.need).toContain(need);
    expect(error.lines.do).toContain(todo);
  });

  test("has Wan2.2's sizes for 48 channels", async () => {
    const { tensors: stored } = await openCheckpoint(join(RUN, 'model.safetensors'));
    const tensors = await tensorsOf([...stored.keys()], (name) => name);
    const zeros = (...shape: number[]): HostTensor => ({
      type: 'float32',
      shape,
      data: new Float32Array(shape.reduce((a, b) => a * b)),
    });
    tensors['patch_embedding.weight'] = zeros(32, 48, 1, 2, 2);
    tensors['proj_out.weight'] = zeros(192, 32);
    tensors['proj_out.bias'] = zeros(192);
    await writeSafetensors(at('model.safetensors'), tensors);
    await put('config.json', { ...TINY, in_channels: 48, out_channels: 48 });
    const { defaults, grid } = await openWan(folder);
    expect(defaults).toMatchObject({ width: 1280, height: 704, frames: 121, framesPerSecond: 24, shift: 5 });
    expect(grid({ width: 1024, height: 704, frames: 121 })).toEqual({ frames: 31, height: 44, width: 64 });
    const error = await rejectionOf((async () => grid({ width: 48, height: 64, frames: 5 }))());
    expect(error.lines.need).toBe('width and height in multiples of 32');
  });
});
