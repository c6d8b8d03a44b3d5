import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  firstFrames,
  type GenerateOptions,
  generate,
  gridOf,
  type HostTensor,
  openCheckpoint,
  type VideoModel,
} from '@skipstone/core';
import { errorOf, sameBytes } from '@skipstone/core/testing';
import { captureStations, editedGolden, type GoldenEdits, type Numbers, recorded } from '@skipstone/golden';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isLtx } from './is-ltx.js';
import { type OpenLtxOptions, openLtx } from './open-ltx.js';
import { fieldsOfMetadata } from './original.js';
import { GRID, goldenFolder, TINY } from './test-kit/golden-subject.js';
import { originalName } from './test-kit/original-name.js';

const RUN = goldenFolder('run-ltx2-3');

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skipstone-ltx-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const original = (more: GoldenEdits = {}, to = folder): Promise<string> =>
  editedGolden(RUN, to, { rename: originalName, ...more });

const io = await openCheckpoint(join(RUN, 'io.safetensors'));
const tensor = (name: string): Promise<HostTensor> => recorded(RUN, name);

const both = async (name: string) => ({
  video: await tensor(`${name}.video`),
  audio: await tensor(`${name}.audio`),
});

const floats = (data: Float32Array): HostTensor => ({ type: 'float32', shape: [data.length], data });

/** The scales of the golden run. */
const scales = {
  video: { cfg: 3, stg: 1, modality: 3, rescale: 0.7 },
  audio: { cfg: 7, stg: 0.75, modality: 2, rescale: 0.4 },
};

const open = (path: string, options: OpenLtxOptions = {}): Promise<VideoModel> =>
  openLtx(path, { ...TINY, scales, ...options });

/** The golden run as a person would ask for it. */
async function asked(model: VideoModel): Promise<GenerateOptions> {
  const text = async (kind: string) => ({
    text: await tensor(`in.${kind}encoder_hidden_states`),
    audio_text: await tensor(`in.${kind}audio_encoder_hidden_states`),
  });
  const spec = model.phases[0]?.model.spec;
  if (!spec) throw new Error('no transformer');
  return {
    embeds: { cond: await text(''), uncond: await text('negative_') },
    noise: spec.unpatchify(await both('in.latents'), GRID),
    ...{ width: 128, height: 96, frames: 9, steps: 6, threads: 1 },
  };
}

async function rowsOf(model: VideoModel, more: Partial<GenerateOptions> = {}) {
  const result = await generate(model, { ...(await asked(model)), ...more }).result;
  const rows = model.phases[0]?.model.spec.patchify(result.latents, result.grid) ?? {};
  return { ...result, rows };
}

describe('a run', () => {
  test('gives the picture and the sound of the reference, from its folder alone', async () => {
    const { rows, latents } = await rowsOf(await open(RUN));
    expect(errorOf(rows, await both('out.latents'))).toBeLessThan(2e-5);
    expect([latents.video?.shape, latents.audio?.shape]).toEqual([
      [5, 2, 3, 4],
      [1, 9, 6],
    ]);
  });

  test('under original names gives the same', async () => {
    const copy = await original();
    const model = await open(join(copy, 'model.safetensors'));
    expect(errorOf((await rowsOf(model)).rows, await both('out.latents'))).toBeLessThan(2e-5);
  });

  test('ends at the clean frame that it was given', async () => {
    const model = await open(RUN, { firstFrame: true });
    const noise = (await asked(model)).noise?.video?.data as Float32Array;
    const clean = Float32Array.from(noise.filter((_, i) => Math.floor(i / 12) % 2 === 0));
    const given = firstFrames(model, { video: { type: 'float32', shape: [5, 1, 3, 4], data: clean } });
    const { latents } = await rowsOf(model, { given });
    const first = [...(latents.video?.data ?? [])].filter((_, i) => Math.floor(i / 12) % 2 === 0);
    for (const [i, value] of clean.entries()) expect(Number(first[i])).toBeCloseTo(value, 4);
  });

  test('of a distilled model runs one branch, unless guidance is asked for', async () => {
    const model = await open(RUN, { distilled: true });
    const branches = async (more: Partial<GenerateOptions>) => {
      const { ledger } = await rowsOf(model, { steps: 3, ...more });
      return new Set(ledger.passes.map(({ branch }) => branch));
    };
    expect(await branches({})).toEqual(new Set(['cond']));
    expect((await branches({ guidance: 2 })).has('uncond')).toBe(true);
  });

  test('of a distilled model may add fresh noise at every step, and keeps its clean frame', async () => {
    const model = await open(RUN, { distilled: true, firstFrame: true });
    const noise = (await asked(model)).noise?.video?.data as Float32Array;
    const frame = (values: Iterable<unknown> = []) =>
      Float32Array.from([...values].map(Number).filter((_, i) => Math.floor(i / 12) % 2 === 0));
    const clean = frame(noise);
    const given = firstFrames(model, { video: { type: 'float32', shape: [5, 1, 3, 4], data: clean } });
    const run = (seed: number, sampler: 'euler' | 'euler-ancestral' = 'euler-ancestral') =>
      rowsOf(model, { given, seed, sampler, steps: 8 });
    const [one, again, other, plain] = [await run(1), await run(1), await run(2), await run(1, 'euler')];
    expect(one.plan.request.schedule.name).toBe('ltx-distilled');
    expect(sameBytes(one.latents, again.latents)).toBe(true);
    for (const { rows } of [other, plain]) expect(errorOf(rows, one.rows)).toBeGreaterThan(1e-2);
    expect(errorOf({ x: floats(frame(one.latents.video?.data)) }, { x: floats(clean) })).toBeLessThan(1e-6);
    expect((await rowsOf(model, { steps: 8 })).plan.request.sampler.name).toBe('euler');
  });

  test('with nothing asked has the usual settings of its size, and sound as long as the video', async () => {
    const model = await openLtx(RUN);
    expect(model.defaults).toMatchObject({ width: 768, height: 512, frames: 121, steps: 30 });
    expect(model.guide?.(undefined).branches).toHaveLength(4);
    const grid = model.grid({ width: 768, height: 512, frames: 121 });
    expect(grid).toEqual({ frames: 16, height: 16, width: 24 });
    expect(model.latentShape(grid).audio?.[1]).toBe(126);
    expect((await openLtx(RUN, { fps: 48 })).latentShape(grid).audio?.[1]).toBe(63);
  });
});

test('the learned embedding of the first frame is added to its tokens alone, where asked for', async () => {
  const learned = Float32Array.from({ length: 24 }, (_, i) => i / 8);
  const name = 'model.diffusion_model.keyframes_abs_pos_embedding';
  const keyframe: HostTensor = { type: 'float32', shape: [1, 24], data: learned };
  const copy = await original({ beside: { [name]: keyframe } });
  const embedded = async (keyframes: boolean): Promise<number[]> => {
    let rows: number[] = [];
    const keep = (_: string, { data }: Numbers, stream: string): void => {
      if (stream === 'video' && rows.length === 0) rows = Array.from(data);
    };
    const model = await open(copy, { keyframes, distilled: true });
    await rowsOf(model, { steps: 3, plugins: [captureStations({ trunk: ['embed'], head: [], keep })] });
    return rows;
  };
  const [without, added] = [await embedded(false), await embedded(true)];
  const more = added.map((value, i) => value - (without[i] ?? 0));
  expect(more).toHaveLength(24 * 24);
  for (const [i, value] of more.entries()) expect(value).toBeCloseTo(i < 12 * 24 ? (i % 24) / 8 : 0, 5);
});

describe('a model is known', () => {
  test('by its configuration, and without one by original names', async () => {
    expect(await isLtx(RUN)).toBe(true);
    const copy = await original();
    await rm(join(copy, 'config.json'));
    expect(await isLtx(join(copy, 'model.safetensors'))).toBe(true);
    await rm(join(copy, 'model.safetensors'));
    expect(await isLtx(copy)).toBe(false);
  });

  test('in a pipeline’s folder', async () => {
    await mkdir(join(folder, 'transformer'));
    await original({}, join(folder, 'transformer'));
    expect(await isLtx(folder)).toBe(true);
    expect((await open(folder, { name: 'tiny' })).name).toBe('tiny');
  });

  test('by what its metadata says beside its tensors', async () => {
    const tensors = new Map();
    const of = (config?: string) =>
      fieldsOfMetadata({ ...io, tensors, metadata: config === undefined ? {} : { config } }, 'here');
    expect(of()).toEqual({ use_prompt_adaln_single: false });
    expect(of(JSON.stringify({ transformer: { av_ca_timestep_scale_multiplier: 1000 } }))).toMatchObject({
      rope_type: 'split',
      cross_attn_timestep_scale_multiplier: 1000,
    });
    expect(() => of('{')).toThrow(/here: the configuration in its metadata/);
    const single = { transformer: { frequencies_precision: 'float32' } };
    expect(() => of(JSON.stringify(single))).toThrow(/float64/);
  });
});

describe('what cannot be run is refused', () => {
  test.each<[string, OpenLtxOptions | object, string]>([
    ['an option that is not known', { crossTimesteps: true }, 'crossTimestep'],
    ['a perturbed block it has not', { perturbedBlocks: [2] }, 'from 0 to 1'],
    ['no frames a second', { fps: 0 }, 'fps is out of range'],
  ])('%s', async (_, options, message) => {
    await expect(openLtx(RUN, options)).rejects.toThrow(message);
  });

  test('a shift, since it comes from the size', async () => {
    await expect(rowsOf(await open(RUN), { shift: 3 })).rejects.toThrow(/its shift comes from the size/);
  });

  test('clean frames, unless the model was opened for them', async () => {
    const model = await open(RUN);
    const clean = { type: 'float32' as const, shape: [5, 1, 3, 4], data: new Float32Array(60) };
    const given = firstFrames(model, { video: clean });
    await expect(rowsOf(model, { given })).rejects.toThrow(/cannot be pinned/);
  });

  test('a checkpoint of no published size without a configuration', async () => {
    const copy = await original();
    await rm(join(copy, 'config.json'));
    await expect(openLtx(join(copy, 'model.safetensors'))).rejects.toThrow(/none of the published/);
    await writeFile(join(copy, 'config.json'), JSON.stringify({ rope_type: 'spiral' }));
    await expect(openLtx(copy)).rejects.toThrow(/rope_type/);
    await writeFile(join(copy, 'config.json'), JSON.stringify({ some_new_flag: true }));
    await expect(openLtx(copy)).rejects.toThrow('Unrecognized key: "some_new_flag"');
  });
});

test('a video too short for a token of sound is refused, naming the stream', async () => {
  const model = await openLtx(RUN, { fps: 1000 });
  const ask = (frames: number) => () => gridOf(model, { width: 64, height: 64, frames });
  expect(ask(1)).toThrow(/has no audio\n {2}have {3}latents \[\d+, 0, \d+\] of audio/);
  expect(ask(401)).not.toThrow();
});
