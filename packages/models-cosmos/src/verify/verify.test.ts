import { fileURLToPath } from 'node:url';
import { checkGolden, type GoldenEdits, missed } from '@skipstone/golden';
import { describe, expect, test } from 'vitest';
import { ORIGINAL } from '../test-kit/original.js';
import { cosmosVerifiers } from './index.js';

const real = (name: string): string => fileURLToPath(new URL(`../../test-data/${name}`, import.meta.url));

const check = (name: string, edits?: GoldenEdits) => checkGolden(real(name), cosmosVerifiers(), edits);
const missesOf = async (name: string, edits: GoldenEdits) => missed(await check(name, edits));

const CASES: readonly (readonly [string, number])[] = [
  ['cosmos2-t2i', 11],
  ['cosmos2-v2w', 11],
  ['cosmos2-learnable-pos', 11],
  ['run-cosmos2-v2w', 50],
  ['run-cosmos2-v2w-fps', 50],
  ['cosmos25-v2w', 13],
  ['run-cosmos25-v2w', 51],
];

describe('every golden folder verifies, closer than two implementations need to', () => {
  test.each([...CASES, ['schedule-cosmos2-karras', 1] as const])('%s, %i tensors', async (name, count) => {
    const checked = await check(name);
    expect(checked).toHaveLength(count);
    expect(Math.max(...checked.map(({ error }) => error))).toBeLessThan(1e-5);
  });

  test.each(CASES)('%s under original names, %i tensors', async (name, count) => {
    const checked = await check(name, ORIGINAL);
    expect(checked).toHaveLength(count);
    expect(Math.max(...checked.map(({ error }) => error))).toBeLessThan(1e-5);
  });
});

describe('a broken copy is a miss', () => {
  test('one weight of the last block', async () => {
    const model = { 'transformer_blocks.1.ff.net.2.weight': { at: 7, value: 3 } };
    expect(await missesOf('cosmos2-t2i', { model })).toEqual(['out.velocity', 'tap.blocks.1']);
  });

  test('a learned position', async () => {
    const model = { 'learnable_pos_embed.pos_emb_h': { at: 40, value: 5 } };
    const misses = await missesOf('cosmos2-learnable-pos', { model });
    expect(misses).toContain('tap.blocks.0.attn1.in');
    expect(misses).not.toContain('tap.blocks.0.in');
  });

  test('the timestep of the last frame', async () => {
    const misses = await missesOf('cosmos2-v2w', { io: { 'in.timestep': { at: 2, value: 0.4 } } });
    expect(misses).toContain('tap.blocks.0.attn1.in');
    expect(misses).not.toContain('tap.blocks.0.in');
  });

  test('what is told of clean frames, and a level of the grid, of 2.5', async () => {
    const told = await missesOf('cosmos25-v2w', { io: { 'in.timestep': { at: 0, value: 0.5 } } });
    expect(told).toContain('tap.blocks.0.attn1.in');
    expect(told).not.toContain('tap.crossattn_proj');
    const moved = await missesOf('run-cosmos25-v2w', { io: { 'schedule.sigmas': { at: 3, value: 0.9 } } });
    expect(moved).toEqual(['schedule.sigmas']);
    const other = await missesOf('run-cosmos25-v2w', { case: { guidance: 6 } });
    expect(other.slice(0, 2)).toEqual(['step.0.velocity', 'step.0.latents']);
  });

  test('fps: rotary positions and all that follows, but not what a step begins with', async () => {
    const misses = await missesOf('run-cosmos2-v2w-fps', { case: { call: { fps: 24 } } });
    expect(misses).toContain('step.0.cond');
    expect(misses).not.toContain('step.0.input');
  });

  test.each([
    ['a clean frame', 'run-cosmos2-v2w', 'in.conditioning_latents', { at: 0, value: 3 }, 'step.0.input'],
    ['a noise level', 'run-cosmos2-v2w', 'schedule.sigmas', { at: 3, value: 4.7 }, 'schedule.sigmas'],
    ['the evaluation of the step that moves nothing', 'run-cosmos2-v2w', 'step.7.cond', null, 'step.7.cond'],
    ['a level of the grid', 'schedule-cosmos2-karras', 'out.sigmas', { at: 20, value: 3 }, 'out.sigmas'],
  ])('%s', async (_, name, tensor, edit, miss) => {
    expect(await missesOf(name, { io: { [tensor]: edit } })).toContain(miss);
  });
});

describe('what cannot be verified is refused before anything runs', () => {
  test.each<[string, string, GoldenEdits, string]>([
    [
      'a padded picture',
      'cosmos2-t2i',
      { io: { 'in.padding_mask': { at: 0, value: 1 } } },
      'in.padding_mask',
    ],
    [
      'half a clean frame',
      'cosmos2-v2w',
      { io: { 'in.condition_mask': { at: 3, value: 0 } } },
      'whole frames',
    ],
    ['another grid', 'run-cosmos2-v2w', { case: { grid: 'linear' } }, 'a field of its case.json'],
    [
      'a control branch',
      'cosmos2-t2i',
      { config: { controlnet_block_every_n: 7 } },
      'controlnet_block_every_n',
    ],
  ])('%s', async (_, name, edits, message) => {
    await expect(missesOf(name, edits)).rejects.toThrow(message);
  });
});
