import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CONTRACT,
  firstFrames,
  type GenerateOptions,
  generate,
  type HostTensor,
  only,
  type Plugin,
  type SavedRun,
  type Streams,
  seededNoise,
  type VideoModel,
  writeSafetensors,
} from '@skipstone/core';
import { errorOf, rejectionOf } from '@skipstone/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLtx } from '../open-ltx.js';
import { goldenFolder } from '../test-kit/golden-subject.js';
import { plainUpsampler } from '../test-kit/plain-upsampler.js';
import { randomFloats } from '../test-kit/random-floats.js';
import { tinyUpsampler, writeUpsampler } from '../test-kit/tiny-upsampler.js';
import { generateTwoStages } from './generate-two-stages.js';
import { type OpenTwoStagesOptions, openLtxTwoStages } from './open-two-stages.js';
import type { TwoStageOptions } from './two-stage-options.js';

const MODEL = goldenFolder('run-ltx2-3');
const TINY = { perturbedBlocks: [1] } as const;
const CHANNELS = 5;
const UPSAMPLER = tinyUpsampler('2.3', CHANNELS);
const MEAN = randomFloats(1, [CHANNELS], 0.3);
const SPREAD = randomFloats(2, [CHANNELS], 0.05, 1.4);

let folder = '';
let paths: Pick<OpenTwoStagesOptions, 'upsampler' | 'statistics'> = {};
let lora = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skipstone-stages-'));
  const statistics = join(folder, 'vae.safetensors');
  await writeSafetensors(statistics, { latents_mean: MEAN, latents_std: SPREAD });
  paths = { upsampler: await writeUpsampler(join(folder, 'upsampler'), UPSAMPLER), statistics };
  lora = join(folder, 'lora.safetensors');
  const at = 'diffusion_model.transformer_blocks.0.attn1.to_q';
  await writeSafetensors(lora, {
    [`${at}.lora_A.weight`]: randomFloats(3, [2, 24]),
    [`${at}.lora_B.weight`]: randomFloats(4, [24, 2]),
  });
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const embeds = {
  cond: { text: randomFloats(5, [7, 24]), audio_text: randomFloats(6, [7, 12]) },
  uncond: { text: randomFloats(7, [7, 24]), audio_text: randomFloats(8, [7, 12]) },
};
const FULL = { width: 192, height: 128, frames: 9 };
const SMALL = { width: 96, height: 64, frames: 9 };
const RUN = { embeds, seed: 11, threads: 1 } as const;

const distilled = (options: OpenTwoStagesOptions = {}) =>
  openLtxTwoStages(MODEL, { ...TINY, ...paths, distilled: true, ...options });
const made = async (options: Partial<TwoStageOptions> = {}, opening: OpenTwoStagesOptions = {}) =>
  generateTwoStages(await distilled(opening), { ...RUN, ...FULL, ...options }).result;

/** Values of `[C, …]` with each channel's mean and spread, to and from. */
const perChannel = (x: HostTensor, of: (v: number, mean: number, spread: number) => number): HostTensor => {
  const size = x.data.length / CHANNELS;
  const at = (table: HostTensor, i: number): number => Number(table.data[Math.floor(i / size)]);
  const data = (x.data as Float32Array).map((v, i) => of(v, at(MEAN, i), at(SPREAD, i)));
  return { ...x, data };
};

/** The latents that the second stage starts from, with the upsampler in float64. */
function largerByHand({ video, audio }: Streams<HostTensor>): Streams<HostTensor> {
  if (!video || !audio) throw new Error('no latents');
  const plain = plainUpsampler(
    '2.3',
    UPSAMPLER,
    perChannel(video, (v, m, s) => v * s + m),
  );
  const larger: HostTensor = { type: 'float32', shape: plain.shape, data: Float32Array.from(plain.data) };
  return { video: perChannel(larger, (v, m, s) => (v - m) / s), audio };
}

/** Both stages through `generate`, on models opened one by one. */
async function byHand(first: VideoModel, second: VideoModel, options: GenerateOptions = {}) {
  const one = await generate(first, { ...RUN, ...options, ...SMALL }).result;
  const drawn = Object.values(one.latents).reduce((sum, { data }) => sum + data.length, 0);
  const two = await generate(second, {
    ...{ ...RUN, ...FULL, steps: 3, schedule: 'ltx-distilled' },
    noise: seededNoise(second, second.grid(FULL), RUN.seed, drawn),
    latents: largerByHand(one.latents),
  }).result;
  return { one, two };
}

const counting = (name: string, seen: string[]): Plugin => ({
  ...{ name, contract: CONTRACT },
  setup: () => ({
    forward: (call, next) => {
      seen.push(`${name} ${call.branch}`);
      return next(call);
    },
  }),
});

describe('a run in two stages', { timeout: 120_000 }, () => {
  it('is what its stages give one by one, with an upsampler in float64', async () => {
    const model = await openLtx(MODEL, { ...TINY, distilled: true });
    const { one, two } = await byHand(model, model);
    const both = await made();
    expect(both.first?.latents).toEqual(one.latents);
    expect(both.latents.video?.shape).toEqual([CHANNELS, 2, 4, 6]);
    expect(errorOf(both.latents, two.latents)).toBeLessThan(1e-5);
    expect(both.ledger.passes.map(({ branch }) => branch)).toEqual(['cond', 'cond', 'cond']);
    expect(both.latents.audio).not.toEqual(one.latents.audio);
  });

  it('of a full model guides the first stage only, and adds to its weights in the second', async () => {
    const seen: string[] = [];
    const loras = [{ path: lora, strength: 0.7 }];
    const first = await openLtx(MODEL, TINY);
    const second = { ...(await openLtx(MODEL, { ...TINY, loras })), guide: () => only() };
    const stages = await openLtxTwoStages(MODEL, { ...TINY, ...paths, secondLoras: loras });
    const plugins = [counting('small', seen)];
    const both = await generateTwoStages(stages, {
      ...{ ...RUN, ...FULL, steps: 2, plugins },
      second: { plugins: [counting('full', seen)] },
    }).result;
    const { one, two } = await byHand(first, second, { steps: 2 });
    const video = ({ latents }: { latents: Streams<HostTensor> }) => ({ video: latents.video as HostTensor });
    expect(errorOf(video(both), video(two))).toBeLessThan(1e-5);
    // The first stage's sound is the result of a full model, as the original has it.
    expect(both.latents.audio).toEqual(one.latents.audio);
    const step = ['cond', 'uncond', 'perturbed', 'isolated'].map((branch) => `small ${branch}`);
    expect(seen).toEqual([...step, ...step, 'full cond', 'full cond', 'full cond']);
    const plain = await generateTwoStages(
      { ...stages, second: { ...stages.second, phases: first.phases } },
      {
        ...{ ...RUN, ...FULL, steps: 2 },
      },
    ).result;
    expect(errorOf(video(plain), video(two))).toBeGreaterThan(1e-3);
  });

  it('gives the sound of the stage that is asked for', async () => {
    const [first, second] = [await made({}, { audio: 'first' }), await made({}, { audio: 'second' })];
    expect(first.latents.audio).toEqual(first.first?.latents.audio);
    expect(second.latents.audio).not.toEqual(second.first?.latents.audio);
    expect(first.latents.video).toEqual(second.latents.video);
  });

  it('keeps a clean first frame through both stages', async () => {
    const stages = await distilled({ firstFrame: true });
    const image = randomFloats(21, [CHANNELS, 1, 2, 3]);
    const given = firstFrames(stages.first, { video: image });
    const both = await generateTwoStages(stages, { ...RUN, ...FULL, given }).result;
    const frame = ({ shape, data }: HostTensor): HostTensor => {
      const [channels = 1, frames = 1, height = 1, width = 1] = shape;
      const size = height * width;
      const kept = Array.from({ length: channels }, (_, c) =>
        (data as Float32Array).subarray(c * frames * size, c * frames * size + size),
      );
      const all = Float32Array.from(kept.flatMap((values) => [...values]));
      return { type: 'float32', shape: [channels, 1, height, width], data: all };
    };
    const small = both.first?.latents ?? {};
    expect(errorOf({ video: frame(small.video as HostTensor) }, { video: image })).toBeLessThan(1e-5);
    const larger = frame(largerByHand(small).video as HostTensor);
    const end = frame(both.latents.video as HostTensor);
    expect(errorOf({ video: end }, { video: larger })).toBeLessThan(1e-5);
    const own = firstFrames(stages.second, { video: randomFloats(22, [CHANNELS, 1, 4, 6]) });
    const again = await generateTwoStages(stages, { ...RUN, ...FULL, given, second: { given: own } }).result;
    const ownEnd = { video: frame(again.latents.video as HostTensor) };
    expect(errorOf(ownEnd, { video: randomFloats(22, [CHANNELS, 1, 4, 6]) })).toBeLessThan(1e-5);
  });

  it('goes on from a first stage that was run before, and from the middle of the second', async () => {
    const saved: SavedRun[] = [];
    const afterStep: GenerateOptions['afterStep'] = async (_, save) => {
      saved.push(await save());
    };
    const whole = await made({ second: { afterStep } });
    const firstLatents = whole.first?.latents;
    if (!firstLatents || !saved[0]) throw new Error('nothing was saved');
    const rest = await made({ firstLatents, second: { resume: saved[0] } });
    expect(rest.first).toBeUndefined();
    expect(rest.latents).toEqual(whole.latents);
  });

  it('says which stage it is at', async () => {
    const run = generateTwoStages(await distilled(), { ...RUN, ...FULL });
    const told: string[] = [];
    for await (const event of run) {
      if (event.type === 'note') told.push(event.text);
      if (event.type === 'step') told.push(`${event.done}/${event.steps}`);
    }
    const eight = Array.from({ length: 8 }, (_, i) => `${i + 1}/8`);
    const larger = 'making latents larger, to 192x128';
    expect(told).toEqual([
      ...['first stage, 96x64', ...eight, larger, 'second stage, 192x128', '1/3', '2/3', '3/3'],
    ]);
  });
});

describe('before anything is computed it refuses', { timeout: 60_000 }, () => {
  it('a second stage that does not fit', async () => {
    const stages = await distilled();
    const small = await generate(stages.first, { ...RUN, ...SMALL, steps: 8 }).result;
    const memoryBytes = small.plan.peakBytes;
    await generate(stages.first, { ...RUN, ...SMALL, memoryBytes }).result;
    const run = generateTwoStages(stages, { ...RUN, ...FULL, memoryBytes });
    const error = await rejectionOf(run.result);
    expect(error.code).toBe('plan-memory');
    const told: string[] = [];
    await rejectionOf(
      (async () => {
        for await (const event of run) told.push(event.type);
      })(),
    );
    expect(told).toEqual([]);
  });

  it('sizes that the upsampler does not lead to', async () => {
    const error = await rejectionOf(made({ width: 160 }));
    expect(error.lines).toMatchObject({
      code: 'size',
      have: '160x128',
      need: 'multiples of 64, for a scale of 2',
    });
  });

  it('a full model without the addition of the second stage', async () => {
    const error = await rejectionOf(openLtxTwoStages(MODEL, { ...TINY, ...paths }));
    expect(error.lines).toMatchObject({ code: 'ltx-two-stages', do: expect.stringContaining('secondLoras') });
  });

  it('an addition of the second stage at strength 0, among others and of a distilled model', async () => {
    const secondLoras = [{ path: 'a.st' }, { path: 'b.st', strength: -0 }];
    for (const distilled of [false, true]) {
      const error = await rejectionOf(openLtxTwoStages(MODEL, { ...TINY, ...paths, secondLoras, distilled }));
      expect(error.lines).toMatchObject({ code: 'ltx-two-stages', have: 'strength 0' });
      expect(error.lines.what).toContain('b.st');
    }
  });

  it('an upsampler of frames, or of other channels', async () => {
    for (const [name, tiny] of [
      ['frames', tinyUpsampler('temporal', CHANNELS)],
      ['wide', tinyUpsampler('2.3', 6)],
    ] as const) {
      const upsampler = await writeUpsampler(join(folder, name), tiny);
      expect((await rejectionOf(distilled({ upsampler }))).code).toBe('ltx-two-stages');
    }
  });

  it('a path without statistics, and statistics of other channels', async () => {
    expect((await rejectionOf(distilled({ statistics: MODEL }))).lines.do).toContain(
      'pass { statistics } (--statistics',
    );
    const statistics = join(folder, 'other.safetensors');
    const six = randomFloats(1, [6], 0, 1);
    await writeSafetensors(statistics, {
      'vae.per_channel_statistics.mean-of-means': six,
      'vae.per_channel_statistics.std-of-means': six,
    });
    expect((await rejectionOf(distilled({ statistics }))).lines.need).toBe(
      'one number for each of 5 channels',
    );
  });

  it('options that nobody knows', async () => {
    const options = { ...RUN, ...FULL, stepz: 3 } as TwoStageOptions;
    expect((await rejectionOf(generateTwoStages(await distilled(), options).result)).code).toBe(
      'unknown-option',
    );
    expect((await rejectionOf(distilled({ upsampeler: 'x' } as OpenTwoStagesOptions))).code).toBe(
      'unknown-option',
    );
  });
});

it('reads statistics under the names of an original release as well', async () => {
  const statistics = join(folder, 'original.safetensors');
  await writeSafetensors(statistics, {
    'per_channel_statistics.mean-of-means': MEAN,
    'per_channel_statistics.std-of-means': SPREAD,
    'decoder.conv_in.weight': MEAN,
  });
  const { statistics: read } = await distilled({ statistics });
  expect(read).toEqual({ mean: MEAN.data, spread: SPREAD.data });
});
