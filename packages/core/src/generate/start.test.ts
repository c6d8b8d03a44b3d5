import { describe, expect, it } from 'vitest';
import { SkipstoneError } from '../error.js';
import type { SavedRun } from '../loop/saved/saved-run.js';
import { gaussianNoise } from '../noise/gaussian-noise.js';
import type { Grid } from '../spec/model.js';
import type { Schedule } from '../spec/schedule.js';
import type { HostTensor, Streams } from '../spec/tensor.js';
import { toyModel } from '../testing/toy/toy-model.js';
import { TOY_WIDTH } from '../testing/toy/weights.js';
import { generate } from './generate.js';
import type { GenerateOptions } from './options.js';
import { seededNoise, startState } from './start.js';
import type { VideoModel } from './video-model.js';

const floats = (seed: number, shape: readonly number[]): HostTensor => ({
  ...{ type: 'float32', shape },
  data: gaussianNoise({ seed, shape }),
});
const schedule = (sigmas: readonly number[]): Schedule => ({
  ...{ name: 'fixed', sigmas },
  timesteps: sigmas.slice(0, -1).map((sigma) => 1000 * sigma),
});
const model: VideoModel = {
  ...{ name: 'toy', origin: 'nowhere' },
  phases: [{ name: 'denoise', model: await toyModel() }],
  defaults: {
    ...{ width: 3, height: 2, frames: 2, framesPerSecond: 1, steps: 3, shift: 1, guidance: 1 },
    ...{ guidanceForm: 'uncond', sampler: 'euler', schedules: { euler: 'whole', unipc: 'whole' } },
  },
  schedules: {
    whole: () => schedule([1, 0.6, 0.3, 0]),
    late: () => schedule([0.75, 0.4, 0]),
  },
  grid: ({ width, height, frames }) => ({ width, height, frames }),
  latentShape: ({ frames, height, width }) => ({
    video: [frames * height * width, TOY_WIDTH],
    audio: [frames, TOY_WIDTH],
  }),
};
const GRID: Grid = { frames: 2, height: 2, width: 3 };
const embeds = { cond: { text: floats(9, [4, TOY_WIDTH]) } };
const clean = { video: floats(5, [12, TOY_WIDTH]), audio: floats(6, [2, TOY_WIDTH]) };
const made = (options: GenerateOptions) =>
  generate(model, { embeds, seed: 3, threads: 1, ...options }).result;
const bytesOf = (streams: Streams<HostTensor>) =>
  Object.entries(streams).map(([stream, { data }]) => [stream, [...data]]);

describe('a run from given latents', () => {
  it('is the plain run to the bit where the schedule begins at pure noise', async () => {
    const [plain, from] = [await made({}), await made({ latents: clean })];
    expect(bytesOf(from.latents)).toEqual(bytesOf(plain.latents));
  });

  it('begins with latents and noise of the first level, the noise of its seed', async () => {
    const noise = seededNoise(model, GRID, 3);
    const state = startState(model, GRID, { schedule: schedule([0.75, 0]), noise, clean });
    for (const stream of ['video', 'audio'] as const) {
      const [z, e] = [clean[stream].data as Float32Array, noise[stream]?.data as Float32Array];
      const expected = Array.from(z, (value, i) => Math.fround(0.75 * (e[i] ?? 0) + 0.25 * value));
      expect([...(state[stream]?.data ?? [])]).toEqual(expected);
    }
    const from = await made({ latents: clean, schedule: 'late' });
    const byHand = await made({ noise: state, schedule: 'late' });
    expect(bytesOf(from.latents)).toEqual(bytesOf(byHand.latents));
    expect(bytesOf(from.latents)).not.toEqual(bytesOf((await made({ schedule: 'late' })).latents));
  });

  it('keeps pinned rows clean', async () => {
    const rows = Int32Array.of(0, 1, 4);
    const given = { pinned: { video: { rows, clean: floats(8, [3, TOY_WIDTH]) } } };
    const { latents } = await made({ latents: clean, schedule: 'late', given });
    const [end, kept] = [latents.video?.data as Float32Array, given.pinned.video.clean.data as Float32Array];
    rows.forEach((row, i) => {
      for (let c = 0; c < TOY_WIDTH; c++) {
        expect(end[row * TOY_WIDTH + c]).toBeCloseTo(kept[i * TOY_WIDTH + c] ?? Number.NaN, 5);
      }
    });
  });

  it('is resumed to the same bytes', async () => {
    const saved: SavedRun[] = [];
    const afterStep: GenerateOptions['afterStep'] = async (_, save) => {
      saved.push(await save());
    };
    const whole = await made({ latents: clean, schedule: 'late', afterStep });
    const [first] = saved;
    if (!first) throw new Error('nothing was saved');
    const rest = await made({ latents: clean, schedule: 'late', resume: first });
    expect(bytesOf(rest.latents)).toEqual(bytesOf(whole.latents));
  });

  it.each<[string, Streams<HostTensor>, string]>([
    ['a stream too few', { video: clean.video }, 'none'],
    ['a stream too many', { ...clean, smell: clean.audio }, 'float32 [2, '],
    ['another size', { ...clean, video: floats(1, [6, TOY_WIDTH]) }, 'float32 [6, '],
  ])('refuses %s', async (_, latents, have) => {
    const error = await made({ latents }).catch((reason: unknown) => reason);
    if (!(error instanceof SkipstoneError)) throw error;
    expect(error.lines).toMatchObject({ code: 'latents-shape', have: expect.stringContaining(have) });
  });

  it('refuses numbers that are none', async () => {
    const audio = { ...clean.audio, data: new Float32Array(2 * TOY_WIDTH).fill(Number.NaN) };
    await expect(made({ latents: { ...clean, audio } })).rejects.toMatchObject({ code: 'input-values' });
  });
});

it('draws noise of a second stage after that of the first', () => {
  const one = seededNoise(model, GRID, 3);
  const drawn = 14 * TOY_WIDTH;
  const next = seededNoise(model, GRID, 3, drawn);
  const all = gaussianNoise({ seed: 3, shape: [2 * drawn] });
  const flat = [one.video, one.audio, next.video, next.audio].flatMap((tensor) => [...(tensor?.data ?? [])]);
  expect(flat).toEqual([...all]);
});
