import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { firstFrames, generate, type HostTensor, openCheckpoint, readTensor } from '@skipstone/core';
import { plain, temporaryFolder } from '@skipstone/core/testing';
import { editedGolden } from '@skipstone/golden';
import { describe, expect, test } from 'vitest';
import { openCosmos } from './open-cosmos.js';
import { type PlainConfig, type PlainModel, plainForward } from './test-kit/plain-cosmos.js';
import { type PlainGiven, type PlainRun, PREDICT_2_5, plainRun } from './test-kit/plain-run.js';

/*
 * No golden case of 2.5 exists. Its differences from 2 are written down a second time, in plain loops, which are
 * first held against the golden forwards of 2.
 */
const SIZE = [3, 8, 6] as const;
const [CHANNELS, AREA, TEXT] = [4, 48, 5];
const at = (name: string): string => fileURLToPath(new URL(`../test-data/${name}`, import.meta.url));

const tensorsOf = async (path: string): Promise<Map<string, HostTensor>> => {
  const { tensors } = await openCheckpoint(path);
  return new Map(
    await Promise.all([...tensors].map(async ([name, entry]) => [name, await readTensor(entry)] as const)),
  );
};
const plainModel = async (folder: string): Promise<PlainModel> => ({
  config: JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')) as PlainConfig,
  weights: await tensorsOf(join(folder, 'model.safetensors')),
});
const numbers = (tensor: HostTensor | undefined): readonly number[] => Array.from(tensor?.data ?? [], Number);

describe('the plain forward', () => {
  test.each(['cosmos2-t2i', 'cosmos2-v2w'])('gives what the reference does: %s', async (name) => {
    const [model, io] = [await plainModel(at(name)), await tensorsOf(at(`${name}/io.safetensors`))];
    const time = numbers(io.get('in.timestep'));
    const mask = numbers(io.get('in.condition_mask'));
    const each = <T>(make: (frame: number) => T): readonly T[] => [0, 1, 2].map(make);
    const text = io.get('in.encoder_hidden_states') as HostTensor;
    const got = plainForward(model, {
      latents: numbers(io.get('in.hidden_states')),
      size: SIZE,
      mask: each((frame) => mask[frame * AREA] ?? 0),
      time: each((frame) => time[time.length > 1 ? frame : 0] ?? 0),
      text: plain.of({ ...text, shape: text.shape.slice(1) }),
    });
    expect(plain.apart(got, numbers(io.get('out.velocity')))).toBeLessThan(1e-5);
  });
});

const floats = (shape: readonly number[], of: (i: number) => number): HostTensor => ({
  ...{ type: 'float32', shape },
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => of(i)),
});
/** The tiny video-to-world model with a projection of text in front. */
const folder = await editedGolden(at('run-cosmos2-v2w'), await temporaryFolder('predict-2-5'), {
  config: {
    ...{ use_crossattn_projection: true, crossattn_proj_in_channels: TEXT },
    encoder_hidden_states_channels: 16,
  },
  beside: {
    'crossattn_proj.0.weight': floats([16, TEXT], (i) => Math.sin(3 * i)),
    'crossattn_proj.0.bias': floats([16], (i) => Math.cos(i)),
  },
});
const { config, weights } = await plainModel(folder);

const io = await tensorsOf(at('run-cosmos2-v2w/io.safetensors'));
const noise = numbers(io.get('in.noise'));
const clean = numbers(io.get('in.conditioning_latents'));
const texts = {
  cond: floats([7, TEXT], (i) => Math.sin(i)),
  uncond: floats([7, TEXT], (i) => Math.cos(2 * i)),
};
const frameOf = (i: number): number => Math.floor(i / AREA) % SIZE[0];
const given = (frames: number): PlainGiven => ({
  ...{ noise, clean, size: SIZE, mask: [0, 1, 2].map((frame) => (frame < frames ? 1 : 0)) },
  cond: plain.of(texts.cond),
  uncond: plain.of(texts.uncond),
});

/** What the adapter makes of the same. */
async function ours(frames: number): Promise<readonly number[]> {
  const model = await openCosmos(folder);
  const first = clean.filter((_, i) => frameOf(i) < frames);
  const kept = { video: floats([CHANNELS, frames, SIZE[1], SIZE[2]], (i) => first[i] ?? 0) };
  const { latents } = await generate(model, {
    ...{
      width: 48,
      height: 64,
      frames: 9,
      steps: PREDICT_2_5.steps,
      guidance: PREDICT_2_5.scale,
      threads: 1,
    },
    embeds: { cond: { text: texts.cond }, uncond: { text: texts.uncond } },
    noise: { video: floats([CHANNELS, ...SIZE], (i) => noise[i] ?? 0) },
    ...(frames > 0 ? { given: firstFrames(model, kept) } : {}),
  }).result;
  return numbers(latents.video);
}

describe('a whole run of 2.5', async () => {
  const model = { config, weights };
  const results = new Map<number, Float64Array>(
    [0, 1].map((frames) => [frames, plainRun(model, given(frames))]),
  );
  const got = new Map<number, readonly number[]>([
    [0, await ours(0)],
    [1, await ours(1)],
  ]);
  const free = (frames: number, values: ArrayLike<number> | undefined) =>
    Array.from(values ?? []).filter((_, i) => frameOf(i) >= frames);

  test.each([
    [0, 'text alone'],
    [1, 'a frame to go on from'],
  ])('is that of the plain loops, given %d frames: %s', (frames) => {
    const error = plain.apart(free(frames, got.get(frames)), free(frames, results.get(frames)));
    expect(error).toBeLessThan(1e-5);
  });

  // Deviation: clean frames end clean here.
  test('of the reference leaves 0.005 of their noise in clean frames; here they end clean', () => {
    const [sigma] = [200 / 201];
    const frame = (values: ArrayLike<number> = []) => Array.from(values).filter((_, i) => frameOf(i) === 0);
    const mixed = frame(clean).map((z, i) => sigma * z + (1 - sigma) * (frame(noise)[i] ?? 0));
    expect(plain.apart(frame(results.get(1)), mixed)).toBeLessThan(1e-9);
    expect(plain.apart(frame(got.get(1)), frame(clean))).toBeLessThan(1e-5);
  });

  const wrong: readonly (readonly [string, Partial<PlainRun>, Partial<typeof model>])[] = [
    ['time as σ/(σ + 1)', { time: (sigma) => sigma / (sigma + 1) }, {}],
    ['clean frames at the time of the others', { clean: (sigma) => sigma }, {}],
    ['guidance counted from the negative prompt', { from: 'uncond' }, {}],
    ['noise scaled by the first level', { start: (sigma) => sigma }, {}],
    ['plain Euler', { order: 1 }, {}],
    ['levels of Predict2', { most: 80, least: 0.002 }, {}],
    ['positions that are not stretched', {}, { config: { ...config, rope_scale: [1, 1, 1] } }],
    [
      'text projected without its bias',
      {},
      { weights: new Map([...weights].filter(([name]) => name !== 'crossattn_proj.0.bias')) },
    ],
  ];
  test.each(wrong)('would be another with %s', (_, run, changed) => {
    const other = plainRun({ ...model, ...changed }, given(1), { ...PREDICT_2_5, ...run });
    expect(plain.apart(free(1, other), free(1, got.get(1)))).toBeGreaterThan(5e-4);
  });
});
