import { fileURLToPath } from 'node:url';
import { checkGolden, type GoldenEdits, missed } from '@skipstone/golden';
import { describe, expect, test } from 'vitest';
import { originalName } from '../test-kit/original-name.js';
import { ltxVerifiers } from './index.js';

const real = (name: string): string => fileURLToPath(new URL(`../../test-data/${name}`, import.meta.url));

const check = (name: string, edits?: GoldenEdits) => checkGolden(real(name), ltxVerifiers(), edits);
const missesOf = async (name: string, edits: GoldenEdits) => missed(await check(name, edits));

const CASES: readonly (readonly [string, number])[] = [
  ['ltx2-0', 42],
  ['ltx2-0-interleaved', 42],
  ['ltx2-3', 42],
  ['ltx2-3-stg', 42],
  ['ltx2-3-isolated', 34],
  ['ltx2-3-i2v', 42],
  ['ltx2-3-i2v-own-timestep', 42],
  ['ltx2-5', 42],
  ['run-ltx2-3', 88],
  ['ltx2-connectors-0', 2],
  ['ltx2-connectors-3', 2],
  ['lora-ltx2-0-original', 7],
];

describe('every golden folder verifies, closer than two implementations need to', () => {
  test.each(CASES)('%s, %i tensors', async (name, count) => {
    const checked = await check(name);
    expect(checked).toHaveLength(count);
    expect(Math.max(...checked.map(({ error }) => error))).toBeLessThan(2e-5);
  });

  test.each(CASES)('%s under original names, %i tensors', async (name, count) => {
    const checked = await check(name, { rename: originalName });
    expect(checked).toHaveLength(count);
    expect(Math.max(...checked.map(({ error }) => error))).toBeLessThan(2e-5);
  });
});

test('a latent upsampler verifies, module by module', async () => {
  const checked = await check('upsampler-x2');
  expect(checked).toHaveLength(11);
  expect(Math.max(...checked.map(({ error }) => error))).toBeLessThan(2e-6);
});

describe('a broken copy is a miss', () => {
  test('one weight of an upsampler, and its statistics', async () => {
    const model = { 'post_upsample_res_blocks.0.norm2.bias': { at: 1, value: 3 } };
    expect(await missesOf('upsampler-x2', { model, io: { 'in.latents_mean': { at: 0, value: 9 } } })).toEqual(
      [
        ...['out.latents', 'tap.post_upsample_res_blocks.0'],
        ...['out.adain.1', 'out.adain.0.4', 'out.tone_map.0.6', 'out.denormalised'],
      ],
    );
  });

  test('one weight of the last audio feed-forward', async () => {
    const model = { 'transformer_blocks.1.audio_ff.net.2.weight': { at: 7, value: 3 } };
    const misses = await missesOf('ltx2-3', { model });
    expect(misses).toEqual(['out.audio', 'tap.blocks.1.audio_ff', 'tap.blocks.1.audio']);
  });

  test('what audio reads of video', async () => {
    const model = { 'transformer_blocks.0.video_to_audio_attn.to_v.weight': { at: 7, value: 9 } };
    const misses = await missesOf('ltx2-3', { model });
    expect(misses).toContain('tap.blocks.0.video_to_audio_attn');
    expect(misses).not.toContain('tap.blocks.0');
  });

  test('the timestep of a video token', async () => {
    const misses = await missesOf('ltx2-3-i2v', { io: { 'in.timestep': { at: 20, value: 30 } } });
    expect(misses).toContain('tap.blocks.0.attn1.in');
    expect(misses).not.toContain('tap.blocks.0.audio_attn1');
  });

  test('the noise level of audio, which video reads', async () => {
    const misses = await missesOf('ltx2-3-i2v', { io: { 'in.audio_sigma': { at: 0, value: 30 } } });
    expect(misses).toContain('tap.blocks.0.audio_to_video_attn.in');
    expect(misses).not.toContain('tap.blocks.0.attn2');
  });

  test('the same where each stream reads by its own timestep', async () => {
    const misses = await missesOf('ltx2-3-i2v-own-timestep', {
      io: { 'in.audio_sigma': { at: 0, value: 30 } },
    });
    expect(misses).toContain('tap.blocks.0.audio_attn2');
    expect(misses).not.toContain('tap.blocks.0.attn2');
  });

  test('a scale of audio: predictions are met, what guidance makes of them is not', async () => {
    const video = { cfg: 3, stg: 1, modality: 3, rescale: 0.7 };
    const audio = { cfg: 7, stg: 0.75, modality: 2.5, rescale: 0.4 };
    const misses = await missesOf('run-ltx2-3', { case: { guidance: { video, audio } } });
    expect(misses[0]).toBe('step.0.x0.audio');
  });
});

describe('what cannot be verified is refused before anything runs', () => {
  test.each<[string, string, GoldenEdits, string]>([
    ['another grid', 'run-ltx2-3', { case: { grid: 'linear' } }, 'a field of its case.json'],
    [
      'frequencies in float32',
      'ltx2-3',
      { config: { rope_double_precision: false } },
      'rope_double_precision',
    ],
    ['more channels out than in', 'ltx2-3', { config: { out_channels: 7 } }, 'as many channels in as out'],
  ])('%s', async (_, name, edits, message) => {
    await expect(missesOf(name, edits)).rejects.toThrow(message);
  });
});
