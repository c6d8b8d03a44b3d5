import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type ClockRows,
  type HostTensor,
  openCheckpoint,
  openModel,
  predict,
  readTensor,
  writeSafetensors,
} from '@skipstone/core';
import { plain, temporaryFolder } from '@skipstone/core/testing';
import { describe, expect, test } from 'vitest';
import { ltxConfig } from './config.js';
import { GRID, goldenFolder } from './test-kit/golden-subject.js';
import { type PlainCall, type PlainConfig, type PlainModel, plainForward } from './test-kit/plain-ltx.js';
import { ltxTransformer, unreadWeights } from './transformer.js';

/*
 * No golden case of 2.5 exists. Its forward is that of 2.3 with little changed, written down a second time in plain
 * loops, which are first held against every golden forward of 2.0 and 2.3.
 */
type Tensors = ReadonlyMap<string, HostTensor>;

async function tensorsOf(path: string): Promise<Tensors> {
  const { tensors } = await openCheckpoint(path);
  const read = [...tensors].map(async ([name, entry]) => [name, await readTensor(entry)] as const);
  return new Map(await Promise.all(read));
}

const json = async (path: string) => JSON.parse(await readFile(path, 'utf8'));
const numbers = (tensor: HostTensor | undefined): readonly number[] => Array.from(tensor?.data ?? [], Number);
/** The only sample of a batch. */
const sample = ({ shape, data }: HostTensor) => plain.of({ shape: shape.slice(1), data });
const both = <T>(video: T, audio: T) => ({ video, audio });

async function goldenOf(name: string) {
  const folder = goldenFolder(name);
  const io = await tensorsOf(`${folder}io.safetensors`);
  const { call: asked } = await json(`${folder}case.json`);
  const rows = (tensor: string) => sample(io.get(`in.${tensor}`) as HostTensor);
  const given = (tensor: string, fallback: readonly number[]) =>
    io.has(`in.${tensor}`) ? numbers(io.get(`in.${tensor}`)) : fallback;
  const time = numbers(io.get('in.timestep'));
  const level = given('sigma', time);
  const call: PlainCall = {
    rows: both(rows('hidden_states'), rows('audio_hidden_states')),
    text: both(rows('encoder_hidden_states'), rows('audio_encoder_hidden_states')),
    time: both(time, given('audio_timestep', time)),
    level: both(level[0] ?? 0, given('audio_sigma', level)[0] ?? 0),
    grid: [GRID.frames, GRID.height, GRID.width],
    fps: asked.fps,
    crossTimestep: asked.use_cross_timestep ?? false,
    perturbed: asked.spatio_temporal_guidance_blocks ?? [],
    isolated: asked.isolate_modalities ?? false,
  };
  const config: PlainConfig = await json(`${folder}config.json`);
  return { io, call, config, weights: await tensorsOf(`${folder}model.safetensors`) };
}

const flat = (velocity: Readonly<Record<'video' | 'audio', plain.Tensor>>): readonly number[] => [
  ...velocity.video.data,
  ...velocity.audio.data,
];

describe('the plain forward', () => {
  test.each([
    ...['ltx2-0', 'ltx2-0-interleaved', 'ltx2-3', 'ltx2-3-stg', 'ltx2-3-isolated'],
    ...['ltx2-3-i2v', 'ltx2-3-i2v-own-timestep'],
  ])('gives what the reference does: %s', async (name) => {
    const { io, call, config, weights } = await goldenOf(name);
    const got = plainForward({ config, weights }, call);
    for (const stream of ['video', 'audio'] as const)
      expect(plain.apart(got[stream].data, numbers(io.get(`out.${stream}`)))).toBeLessThan(1e-5);
  });
});

describe('2.5', async () => {
  const golden = await goldenOf('ltx2-3-i2v');
  const { call } = golden;
  const width = 24;
  const keys: HostTensor = {
    ...{ type: 'float32', shape: [1, width] },
    data: Float32Array.from({ length: width }, (_, i) => Math.sin(2 * i)),
  };
  /** 2.3's weights without the biases of video's feed-forwards, with an embedding of key frames. */
  const weightsOf = (prompt: boolean): Tensors =>
    new Map([
      ...[...golden.weights].filter(
        ([name]) => !/\.ff\.net\..*bias$/.test(name) && (prompt || !/^(audio_)?prompt_adaln\./.test(name)),
      ),
      ['keyframes_abs_pos_embedding', keys],
    ]);
  const configOf = (prompt: boolean) => ({
    ...golden.config,
    ...{ ff_bias: false, use_keyframes_abs_pos_embedding: true, use_prompt_adaln_single: prompt },
  });
  const modelOf = (prompt: boolean): PlainModel => ({ config: configOf(prompt), weights: weightsOf(prompt) });

  async function ours(prompt: boolean, keyframes: boolean): Promise<readonly number[]> {
    const path = join(await temporaryFolder('ltx-2-5'), 'model.safetensors');
    await writeSafetensors(path, Object.fromEntries(weightsOf(prompt)));
    const options = { fps: call.fps, audioTokens: 9, firstFrame: true, keyframes };
    const spec = ltxTransformer(ltxConfig(configOf(prompt), path), 'ltx-2.5', options);
    const values = [...new Set(call.time.video)];
    const clocks: Readonly<Record<string, ClockRows>> = {
      video: { values, rowOfToken: Int32Array.from(call.time.video, (t) => values.indexOf(t)) },
      audio: { values: call.time.audio },
      video_level: { values: [call.level.video] },
      audio_level: { values: [call.level.audio] },
    };
    const checkpoint = await openCheckpoint(path);
    const ignore = unreadWeights(options);
    const tensor = ({ shape, data }: plain.Tensor): HostTensor => ({
      ...{ type: 'float32', shape },
      data: Float32Array.from(data),
    });
    const { video, audio } = await predict({
      model: openModel({ ...spec, clockRows: () => clocks }, checkpoint, { ignore }),
      grid: GRID,
      latents: both(tensor(call.rows.video), tensor(call.rows.audio)),
      conditions: { text: tensor(call.text.video), audio_text: tensor(call.text.audio) },
      lengths: { S: call.text.video.shape[0] ?? 0 },
      settings: {
        ...{ device: 'cpu', compute: 'float32', weights: 'packed', decompose: new Set() },
        flopsPerSecond: 1e11,
      },
      threads: 1,
    });
    return [...numbers(video), ...numbers(audio)];
  }

  test.each([
    [true, false],
    [true, true],
    [false, false],
    [false, true],
  ])('is that of the plain loops: prompts modulated %j, key frames %j', async (prompt, keyframes) => {
    const want = flat(plainForward(modelOf(prompt), { ...call, keyframes }));
    expect(plain.apart(await ours(prompt, keyframes), want)).toBeLessThan(1e-5);
  });

  const biased = new Map([...weightsOf(true), ...golden.weights]);
  test.each<[string, Partial<PlainModel>, Partial<PlainCall>]>([
    ['biases in the feed-forwards of video', { weights: biased }, {}],
    ['no embedding of key frames', {}, { keyframes: false }],
    ['prompts that the noise level does not modulate', { weights: weightsOf(false) }, {}],
    ['levels of the own stream', {}, { crossTimestep: false }],
  ])('would be another with %s', async (_, model, changed) => {
    const other = flat(
      plainForward({ ...modelOf(true), ...model }, { ...call, keyframes: true, ...changed }),
    );
    expect(plain.apart(await ours(true, true), other)).toBeGreaterThan(1e-3);
  });
});
