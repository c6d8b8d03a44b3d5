import { fileURLToPath } from 'node:url';
import { checkGolden, type GoldenEdits, missed } from '@skipstone/golden';
import { describe, expect, test } from 'vitest';
import { originalName } from '../test-kit/original-name.js';
import { wanVerifiers } from './index.js';

const real = (name: string): string => fileURLToPath(new URL(`../../test-data/${name}`, import.meta.url));

const check = (name: string, edits?: GoldenEdits) => checkGolden(real(name), wanVerifiers([]), edits);
const missesOf = async (name: string, edits: GoldenEdits) => missed(await check(name, edits));

describe('every golden folder verifies at 1e-4', () => {
  test.each([
    ['wan21-t2v', 19],
    ['wan21-i2v', 19],
    ['wan22-ti2v-5b', 19],
    ['run-wan22-a14b', 36],
    ['run-wan22-ti2v', 39],
    ['run-wan21-unipc', 19],
    ['run-wan21-euler', 15],
    ['lora-wan-original', 4],
  ])('%s, %i tensors', async (name, count) => {
    const checked = await check(name);
    expect(checked).toHaveLength(count);
    expect(missed(checked)).toEqual([]);
    // Two implementations agree much closer; this says so before the tolerance does.
    expect(Math.max(...checked.map(({ error }) => error))).toBeLessThan(3e-5);
  });
});

describe('the same checkpoint under original key names verifies', () => {
  const inExpert = (name: string): string => {
    const [, second, rest = ''] = /^transformer(_2)?\.(.*)$/.exec(name) ?? [];
    return `${second ? 'low' : 'high'}_noise_model.${originalName(rest)}`;
  };
  test.each([
    ['wan21-t2v', originalName],
    ['wan21-i2v', originalName],
    ['run-wan21-euler', originalName],
    ['run-wan21-unipc', originalName],
    ['wan22-ti2v-5b', originalName],
    ['run-wan22-ti2v', originalName],
    ['run-wan22-a14b', inExpert],
    [
      'run-wan22-a14b, prefixes of diffusers',
      (name: string) => name.replace(/(?<=^transformer(_2)?\.).*/, originalName),
    ],
  ])('%s', async (name, rename) => {
    const checked = await check(name.replace(/,.*/, ''), { rename });
    expect(checked.length).toBeGreaterThan(14);
    expect(missed(checked)).toEqual([]);
  });
});

describe('a broken copy is a miss', () => {
  test.each([
    ['wan21-i2v', 'blocks.1.attn2.add_v_proj.bias', ['tap.blocks.1', 'out.velocity'], 'tap.blocks.0'],
    [
      'wan21-i2v',
      'condition_embedder.image_embedder.norm2.bias',
      ['tap.blocks.0.attn2'],
      'tap.blocks.0.attn1',
    ],
    ['run-wan22-a14b', 'transformer_2.proj_out.bias', ['step.6.cond', 'out.latents'], 'step.5.latents'],
  ])('one weight of %s: %s', async (name, weight, wrong, right) => {
    const misses = await missesOf(name, { model: { [weight]: { at: 1, value: 3 } } });
    expect(misses).toEqual(expect.arrayContaining(wrong));
    expect(misses).not.toContain(right);
  });

  test('one value of the frame that is given: everything that reads it', async () => {
    const misses = await missesOf('run-wan22-ti2v', { io: { 'in.condition': { at: 5, value: 9 } } });
    expect(misses).toEqual(expect.arrayContaining(['step.0.input', 'step.0.cond', 'out.latents']));
    expect(misses).not.toContain('step.0.timestep');
  });

  test('one value of low-rank additions: every strength but 0', async () => {
    const lora = { 'diffusion_model.blocks.0.ffn.0.diff_b': { at: 3, value: 2 } };
    expect(await missesOf('lora-wan-original', { lora })).toEqual(['out.velocity.1', 'out.velocity.0.7']);
  });

  test('an alpha', async () => {
    const lora = { 'diffusion_model.blocks.0.self_attn.k.alpha': { at: 0, value: 3 } };
    expect(await missesOf('lora-wan-original', { lora })).toEqual(['out.velocity.1', 'out.velocity.0.7']);
  });

  test('a module that the additions do not name, and a strength nobody recorded', async () => {
    const lora = { file: 'lora.safetensors', scales: [0, 1, 0.5, 0.7], keys: ['blocks.0.attn2.to_k'] };
    expect(await missesOf('lora-wan-original', { case: { lora } })).toEqual([
      'out.velocity.0.5',
      'lora.keys',
    ]);
  });

  test('another boundary of the experts', async () => {
    expect(await missesOf('run-wan22-a14b', { case: { boundary_ratio: 0.95 } })).toContain('experts');
  });

  test('one weight of the last block', async () => {
    const model = { 'blocks.2.ffn.net.2.weight': { at: 7, value: 0.5 } };
    expect(await missesOf('wan21-t2v', { model })).toEqual([
      'out.velocity',
      'tap.blocks.2',
      'tap.proj_out',
      'tap.proj_out.in',
    ]);
  });

  test('one weight of the first attention: everything behind it', async () => {
    const model = { 'blocks.0.attn1.norm_k.weight': { at: 0, value: 4 } };
    const misses = await missesOf('wan21-t2v', { model });
    expect(misses).toContain('tap.blocks.0.attn1');
    expect(misses).toContain('out.velocity');
    expect(misses).not.toContain('tap.blocks.0.attn1.in');
    expect(misses).not.toContain('tap.time_embed');
  });

  test('a timestep of the second sample', async () => {
    const misses = await missesOf('wan21-t2v', { io: { 'in.timestep': { at: 1, value: 65 } } });
    expect(misses).toContain('tap.time_embed.in');
    expect(misses).not.toContain('tap.patch_embedding');
  });

  test.each([
    ['a NaN in a tap', 'wan21-t2v', 'tap.blocks.1', { at: 3, value: Number.NaN }],
    ['a tap less', 'wan21-t2v', 'tap.blocks.0.attn2', null],
    ['a changed noise level', 'run-wan21-euler', 'schedule.sigmas', { at: 2, value: 0.6 }],
    ['a changed float timestep', 'run-wan21-euler', 'schedule.timesteps', { at: 2, value: 600 }],
    ['a whole timestep off by 0.01', 'run-wan21-unipc', 'schedule.timesteps', { at: 2, value: 899.99 }],
    ['the latents of a step', 'run-wan21-unipc', 'step.3.latents', { at: 0, value: 0 }],
    ['a velocity less', 'run-wan21-unipc', 'step.5.velocity', null],
  ])('%s of %s: %s alone', async (_, name, tensor, edit) => {
    expect(await missesOf(name, { io: { [tensor]: edit } })).toEqual([tensor]);
  });
});
