import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  firstFrames,
  type GenerateOptions,
  type HostTensor,
  openCheckpoint,
  readTensor,
  type VideoModel,
  writeSafetensors,
} from '@skipstone/core';
import { errorOf } from '@skipstone/core/testing';
import { recorded } from '@skipstone/golden';
import { openCosmos } from '@skipstone/models-cosmos';
import { openLtx } from '@skipstone/models-ltx';
import { imageCondition, openWan } from '@skipstone/models-wan';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { skipstone } from '../test-kit/skipstone.js';
import {
  framesOf,
  latentsOf,
  putEmbeds,
  putPipeline,
  recordedEmbeds,
  tinyFolder,
} from '../test-kit/tiny-models.js';

const TI2V = tinyFolder('wan', 'run-wan22-ti2v');
const A14B = tinyFolder('wan', 'run-wan22-a14b');
const I2V = tinyFolder('wan', 'wan21-i2v');
const V2W = tinyFolder('cosmos', 'run-cosmos2-v2w-fps');
const LTX = tinyFolder('ltx', 'run-ltx2-3');

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skipstone-given-'));
  await putPipeline(TI2V, at('ti2v'), ['transformer'], {
    transformer_2: [null, null],
    expand_timesteps: true,
  });
  await putPipeline(A14B, at('a14b'), ['transformer', 'transformer_2'], { boundary_ratio: 0.875 });
  await putEmbeds(at('ti2v.st'), await wanText(TI2V));
  await putEmbeds(at('a14b.st'), await wanText(A14B));
  await putEmbeds(at('v2w.st'), await wanText(V2W));
  await putEmbeds(at('ltx.st'), await ltxText());
  await put('ti2v-frame.st', { condition: await batched(TI2V, 'in.condition') });
  await put('ti2v-noise.st', { noise: await batched(TI2V, 'in.latents') });
  await put('a14b-noise.st', { noise: await batched(A14B, 'in.latents') });
  await put('v2w-frame.st', { video: await v2wFrame() });
  await put('nan-frame.st', { condition: broken(await recorded(TI2V, 'in.condition')) });
  await put('nan-noise.st', { noise: broken(await recorded(TI2V, 'in.latents')) });
  const { cond, uncond } = await wanText(TI2V);
  const [text, other] = [cond.text, uncond.text];
  if (text && other) await putEmbeds(at('nan-ti2v.st'), { cond: { text }, uncond: { text: broken(other) } });
  await put('only-video.st', { video: zeros([5, 16, 16, 24]) });
  await put('v2w-noise.st', { noise: await recorded(V2W, 'in.noise') });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const at = (name: string): string => join(folder, name);
const put = (name: string, tensors: Readonly<Record<string, HostTensor>>) =>
  writeSafetensors(at(name), tensors);

const wanText = (of: string) => recordedEmbeds(of, { text: 'prompt_embeds' }, (name) => `negative_${name}`);
const ltxText = () =>
  recordedEmbeds(
    LTX,
    { text: 'encoder_hidden_states', audio_text: 'audio_encoder_hidden_states' },
    (name) => `negative_${name}`,
  );

/** As diffusers has it, with its batch of one. */
async function batched(of: string, name: string): Promise<HostTensor> {
  const { shape, ...rest } = await recorded(of, name);
  return { ...rest, shape: [1, ...shape] };
}

const zeros = (shape: readonly number[]): HostTensor => ({
  ...{ type: 'float32', shape },
  data: new Float32Array(shape.reduce((a, b) => a * b, 1)),
});

/** The same with one value that is NaN and one that is infinite. */
function broken({ data, ...rest }: HostTensor): HostTensor {
  const values = Float32Array.from(data, Number);
  values.set([Number.NaN, Number.NEGATIVE_INFINITY]);
  return { ...rest, data: values };
}

const v2wFrame = async () => framesOf(await recorded(V2W, 'in.conditioning_latents'), 0, 1);

const SIZE = { width: 48, height: 64, frames: 9 } as const;
const TYPED = ['--size', '48x64', '--frames', '9', '--quiet'];

const run = (...args: readonly string[]) => skipstone(folder, 'generate', ...args);

async function written(name: string): Promise<Readonly<Record<string, HostTensor>>> {
  const { tensors } = await openCheckpoint(at(name));
  const read = [...tensors.values()].map(async (entry) => [entry.name, await readTensor(entry)] as const);
  return Object.fromEntries(await Promise.all(read));
}

/** Runs the command, and the same through the API: equal bytes. Gives what was written, by name. */
async function sameBytes(
  args: readonly string[],
  model: VideoModel,
  options: GenerateOptions,
): Promise<(name?: string) => HostTensor> {
  const { code, stderr } = await run(...args, '--latents-out', 'out.st');
  expect([code, stderr]).toEqual([0, '']);
  const latents = await written('out.st');
  expect(latents).toEqual(await latentsOf(model, options));
  return (name = 'latents') => {
    const tensor = latents[name];
    if (!tensor) throw new Error(`no ${name}`);
    return tensor;
  };
}

describe('what a run is given', { timeout: 120_000 }, () => {
  test('a first frame of Wan2.2 TI2V: the bytes of the API, and the latents of the reference', async () => {
    const args = ['--model', 'ti2v', '--embeds', 'ti2v.st', '--first-frames', 'ti2v-frame.st', ...TYPED];
    const model = await openWan(at('ti2v'));
    const latents = await sameBytes(
      [...args, '--noise', 'ti2v-noise.st', '--steps', '6', '--shift', '5', '--guidance', '5'],
      model,
      {
        ...{ ...SIZE, steps: 6, shift: 5, guidance: 5, embeds: await wanText(TI2V) },
        noise: { video: await recorded(TI2V, 'in.latents') },
        given: firstFrames(model, { video: await recorded(TI2V, 'in.condition') }),
      },
    );
    expect(errorOf({ latents: latents() }, { latents: await recorded(TI2V, 'out.latents') })).toBeLessThan(
      1e-4,
    );
  });

  test('a first frame of Cosmos-Predict2, at a rate of frames', async () => {
    const args = ['--model', V2W, '--embeds', 'v2w.st', '--first-frames', 'v2w-frame.st', ...TYPED];
    const model = await openCosmos(V2W, { fps: 16 });
    const latents = await sameBytes(
      [...args, '--fps', '16', '--noise', 'v2w-noise.st', '--steps', '8', '--guidance', '3'],
      model,
      {
        ...{ ...SIZE, steps: 8, guidance: 3, embeds: await wanText(V2W) },
        noise: { video: await recorded(V2W, 'in.noise') },
        given: firstFrames(model, { video: await v2wFrame() }),
      },
    );
    expect(errorOf({ latents: latents() }, { latents: await recorded(V2W, 'out.latents') })).toBeLessThan(
      1e-4,
    );
  });

  const LTX_SIZE = { width: 128, height: 96, frames: 9, steps: 3 } as const;
  const LTX_TYPED = ['--size', '128x96', '--frames', '9', '--steps', '3', '--quiet'];

  test('a first frame of LTX-2, which is opened for it', async () => {
    const video: HostTensor = {
      ...{ type: 'float32', shape: [5, 1, 3, 4] },
      data: Float32Array.from({ length: 60 }, (_, i) => Math.sin(i)),
    };
    await put('ltx-frame.st', { video });
    const model = await openLtx(LTX, { firstFrame: true });
    const latents = await sameBytes(
      ['--model', LTX, '--embeds', 'ltx.st', '--first-frames', 'ltx-frame.st', ...LTX_TYPED],
      model,
      { ...LTX_SIZE, embeds: await ltxText(), given: firstFrames(model, { video }) },
    );
    const kept = framesOf(latents('latents.video'), 0, 1);
    expect(errorOf({ kept }, { kept: video })).toBeLessThan(1e-4);
  });

  test('LTX-2: the scales of the reference, and its latents; distilled it runs one branch', async () => {
    const scales = { audio: { stg: 0.75, modality: 2, rescale: 0.4 } };
    const spec = (await openLtx(LTX)).phases[0]?.model.spec;
    const rows = {
      video: await recorded(LTX, 'in.latents.video'),
      audio: await recorded(LTX, 'in.latents.audio'),
    };
    const grid = { frames: 2, height: 3, width: 4 };
    const noise = spec?.unpatchify(rows, grid) ?? {};
    await put('ltx-noise.st', noise);
    const args = ['--model', LTX, '--embeds', 'ltx.st', '--noise', 'ltx-noise.st', ...LTX_TYPED.with(5, '6')];
    const typed = 'audio.stg=0.75, audio.modality=2,audio.rescale=0.4';
    const latents = await sameBytes([...args, '--scales', typed], await openLtx(LTX, { scales }), {
      ...{ ...LTX_SIZE, steps: 6, noise, embeds: await ltxText() },
    });
    const streams = { video: latents('latents.video'), audio: latents('latents.audio') };
    const ours = spec?.patchify(streams, grid) ?? {};
    const theirs = {
      video: await recorded(LTX, 'out.latents.video'),
      audio: await recorded(LTX, 'out.latents.audio'),
    };
    expect(errorOf(ours, theirs)).toBeLessThan(1e-4);
    const distilled = ['--model', LTX, '--embeds', 'ltx.st', '--noise', 'ltx-noise.st', ...LTX_TYPED];
    await sameBytes([...distilled, '--distilled'], await openLtx(LTX, { distilled: true }), {
      ...{ ...LTX_SIZE, noise, embeds: await ltxText() },
    });
  });

  test('an image of Wan I2V, in condition channels and in tokens beside the text', async () => {
    const [text, image] = [
      await one(I2V, 'encoder_hidden_states'),
      await one(I2V, 'encoder_hidden_states_image'),
    ];
    const embeds = {
      cond: { text, image },
      uncond: { text: { ...text, data: Float32Array.from(text.data, Number).map((x) => -x) }, image },
    };
    await putEmbeds(at('i2v.st'), embeds);
    const hidden = await one(I2V, 'hidden_states');
    const condition: HostTensor = {
      ...{ type: 'float32', shape: [4, 3, 8, 6] },
      data: Float32Array.from(hidden.data, Number).slice(4 * 3 * 48),
    };
    await put('image.st', { condition });
    const model = await openWan(I2V);
    const given = imageCondition(model, condition);
    const args = ['--model', I2V, '--embeds', 'i2v.st', '--steps', '2', ...TYPED];
    await sameBytes([...args, '--image-latents', 'image.st'], model, { ...SIZE, steps: 2, embeds, given });
    await put('nan-image.st', { condition: broken(condition) });
    const nan = await run(...args, '--image-latents', 'nan-image.st', '--latents-out', 'x.st');
    expect([nan.code, nan.stderr]).toEqual([
      2,
      expect.stringContaining('have   2 of 576 values are NaN or infinite, [4'),
    ]);
    const without = await run(...args, '--latents-out', 'x.st');
    expect([without.code, without.stderr.split('\n').slice(0, 3)]).toEqual([
      2,
      [
        'wan: it draws from an image',
        '  have   no image',
        '  need   --image-latents FILE, safetensors with latents [C, T, h, w] of the image, then grey',
      ],
    ]);
    const planned = await skipstone(folder, 'plan', ...args);
    expect([planned.code, planned.stderr]).toEqual([0, '']);
  });

  /** The first of two samples. */
  async function one(of: string, name: string): Promise<HostTensor> {
    const tensor = await recorded(of, `in.${name}`);
    const size = tensor.shape.reduce((a, b) => a * b, 1);
    return { ...tensor, data: tensor.data.slice(0, size) };
  }
});

describe('guidance of two experts', { timeout: 120_000 }, () => {
  const args = [
    '--model',
    'a14b',
    '--embeds',
    'a14b.st',
    '--noise',
    'a14b-noise.st',
    '--steps',
    '8',
    ...TYPED,
  ];

  test('is one scale each, or one for both', async () => {
    const model = await openWan(at('a14b'));
    const options = {
      ...{ ...SIZE, steps: 8, embeds: await wanText(A14B) },
      noise: { video: await recorded(A14B, 'in.latents') },
    };
    const latents = await sameBytes([...args, '--guidance', '4,3'], model, options);
    expect(errorOf({ latents: latents() }, { latents: await recorded(A14B, 'out.latents') })).toBeLessThan(
      1e-4,
    );
    const other = await sameBytes([...args, '--guidance', '4,2'], model, { ...options, guidance: [4, 2] });
    expect(errorOf({ latents: other() }, { latents: latents() })).toBeGreaterThan(1e-3);
    await sameBytes([...args, '--guidance', '4'], model, { ...options, guidance: [4, 4] });
  });

  test('of the first expert turns it off for both, and the run says so', async () => {
    const spoken = args.filter((arg) => arg !== '--quiet');
    const { code, stderr } = await run(...spoken, '--guidance', '1,3', '--latents-out', 'x.st');
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining('note: guidance 1 of high-noise turns guidance off for low-noise too'),
    ]);
  });

  test('is refused in any other number', async () => {
    const three = await run(...args, '--guidance', '4,3,2', '--latents-out', 'x.st');
    expect([three.code, three.stderr]).toEqual([
      2,
      'wan: guidance is one scale for all phases, or one for each\n' +
        '  have   3 scales: 4, 3, 2\n' +
        '  need   1 scale, or 2: high-noise, low-noise\n' +
        '  do     give them in the order of the phases\n',
    ]);
    expect((await run(...args, '--guidance', '4,', '--latents-out', 'x.st')).code).toBe(2);
  });
});

describe('what does not fit is refused before anything runs', { timeout: 120_000 }, () => {
  const ti2v = ['--model', 'ti2v', '--embeds', 'ti2v.st', '--latents-out', 'x.st', ...TYPED];
  const a14b = ['--model', 'a14b', '--embeds', 'a14b.st', '--latents-out', 'x.st', ...TYPED];
  const ltx = ['--model', LTX, '--embeds', 'ltx.st', '--latents-out', 'x.st', '--quiet'];

  test.each<[string, readonly string[], string]>([
    ['a rate of frames', [...ti2v, '--fps', '16'], '--fps is no option of Wan'],
    ['distilled', ['a red circle', '--distilled'], '--distilled is no option of the demo model'],
    ['scales', [...ti2v, '--scales', 'video.cfg=2'], '--scales is no option of Wan'],
    ['a scale of no stream', [...ltx, '--scales', 'vidoe.cfg=2'], "did you mean 'video'?"],
    ['a scale that is unknown', [...ltx, '--scales', 'video.cfgs=2'], "did you mean 'cfg'?"],
    ['a scale twice', [...ltx, '--scales', 'video.cfg=2,video.cfg=3'], 'each once'],
    ['two words for cfg', [...ltx, '--guidance', '2', '--scales', 'video.cfg=3'], 'leave --guidance out'],
    ['frames of a model of text', [...a14b, '--first-frames', 'ti2v-frame.st'], 'leave --first-frames out'],
    [
      'frames of another size',
      [...ti2v, '--first-frames', 'v2w-frame.st'],
      'need   [6, n, 8, 6], n from 1 to 2',
    ],
    ['all frames', [...ti2v, '--first-frames', 'ti2v-noise.st'], 'n from 1 to 2'],
    [
      'an image for frames',
      [...ti2v, '--image-latents', 'ti2v-frame.st'],
      'pass --first-frames FILE instead',
    ],
    [
      'frames that are no numbers',
      [...ti2v, '--first-frames', 'nan-frame.st'],
      '--first-frames nan-frame.st, condition: some of its values are not finite\n  have   2 of ',
    ],
    [
      'noise that is no numbers',
      [...ti2v, '--noise', 'nan-noise.st'],
      '--noise nan-noise.st, video: some of its values are not finite\n  have   2 of ',
    ],
    [
      'encoded prompts that are no numbers',
      [...ti2v.with(3, 'nan-ti2v.st')],
      '--embeds nan-ti2v.st, uncond.text: some of its values are not finite\n  have   2 of ',
    ],
    [
      'noise of one stream only',
      [...ltx, '--noise', 'only-video.st'],
      "only-video.st: there is no noise 'audio'",
    ],
    [
      "noise levels of EDM for Wan, whose shift is the model's",
      [...ti2v, '--schedule', 'karras'],
      "was not trained on the noise levels of 'karras'",
    ],
    ['noise levels of EDM for LTX-2', [...ltx, '--schedule', 'karras'], 'need   ltx-flow, ltx-distilled, or'],
    [
      'a file over an input',
      [...ti2v, '--first-frames', 'x.st'],
      '--latents-out and --first-frames name one file',
    ],
  ])('%s', async (_, args, message) => {
    const { code, stderr } = await run(...args);
    expect(code).not.toBe(0);
    expect(stderr).toContain(message);
  });
});

test('a saved run is not taken for one from other frames, rates or scales', {
  timeout: 120_000,
}, async () => {
  const base = ['--model', V2W, '--embeds', 'v2w.st', '--steps', '2', '--latents-out', 'a.st', ...TYPED];
  const given = [...base, '--first-frames', 'v2w-frame.st'];
  const saved = await run(...given, '--save', 'run.st');
  expect([saved.code, saved.stderr]).toEqual([0, '']);
  const resume = async (args: readonly string[]) =>
    (await run(...args, '--resume', 'run.st')).stderr.split('\n').slice(0, 2).join(' ');
  expect(await resume(given)).toBe('');
  await put('other-frame.st', { video: framesOf(await recorded(V2W, 'in.conditioning_latents'), 1, 2) });
  expect(await resume([...base, '--first-frames', 'other-frame.st'])).toMatch(/another run .* firstFrames "/);
  expect(await resume(base)).toMatch(/another run .* firstFrames null/);
  expect(await resume([...given, '--fps', '16'])).toMatch(/another run .* fps 16/);
  expect(await resume([...given, '--keys-values', 'int8'])).toMatch(/another run .* keysValues "int8"/);
});
