import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type HostTensor, openCheckpoint, readTensor, writeSafetensors } from '@skipstone/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { skipstone } from '../test-kit/skipstone.js';

/** A Wan2.1 transformer of width 32 with random weights, as models-wan verifies it. */
const WAN = fileURLToPath(new URL('../../../models-wan/test-data/wan21-t2v', import.meta.url));

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skipstone-wan-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const run = (...args: readonly string[]) =>
  skipstone(folder, 'generate', '--model', WAN, '--size', '48x64', '--frames', '9', '--steps', '2', ...args);

const waves = (shape: readonly number[], speed: number): HostTensor => ({
  type: 'float32',
  shape,
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(speed * i)),
});

const put = (name: string, tensors: Readonly<Record<string, HostTensor>>) =>
  writeSafetensors(join(folder, name), tensors);

async function latentsOf(name: string): Promise<HostTensor> {
  const checkpoint = await openCheckpoint(join(folder, name));
  const entry = checkpoint.tensors.get('latents');
  if (!entry) throw new Error('no latents');
  return readTensor(entry);
}

const NAMES = 'cond.text [S, 12] and uncond.text [S, 12] (or prompt_embeds and negative_prompt_embeds)';

describe('a model without text encoder and decoder', { timeout: 120_000 }, () => {
  test('says what it takes and gives, with names and shapes', async () => {
    const { code, stderr } = await run('a red circle');
    expect([code, stderr]).toEqual([
      2,
      [
        'wan: only its transformer is there',
        '  have   a model without text encoder and decoder',
        `  need   --embeds FILE, safetensors with ${NAMES}; ` +
          'and --latents-out FILE, which gets latents [C, T, h, w], here [4, 3, 8, 6]',
        '  do     pass --embeds FILE --latents-out FILE',
        '',
      ].join('\n'),
    ]);
    await put('e.st', { 'cond.text': waves([9, 12], 1), 'uncond.text': waves([9, 12], 2) });
    expect((await run('--embeds', 'e.st')).stderr).toContain('do     pass --latents-out FILE');
    const out = await run('--embeds', 'e.st', '--latents-out', 'l.st', '--out', 'x.mp4');
    expect([out.code, out.stderr.split('\n')[3]]).toEqual([2, '  do     leave --out out']);
  });

  test('turns encoded prompts into latents that say what made them', async () => {
    await put('ours.st', { 'cond.text': waves([9, 12], 1), 'uncond.text': waves([9, 12], 2) });
    await put('theirs.st', {
      prompt_embeds: waves([1, 9, 12], 1),
      negative_prompt_embeds: waves([1, 9, 12], 2),
    });
    const ours = await run('--embeds', 'ours.st', '--latents-out', 'a/ours-latents.st');
    expect([ours.code, ours.stdout]).toEqual([0, 'a/ours-latents.st\n']);
    await run('--embeds', 'theirs.st', '--latents-out', 'theirs-latents.st');
    const latents = await latentsOf('a/ours-latents.st');
    expect(latents.shape).toEqual([4, 3, 8, 6]);
    expect(latents.data.every(Number.isFinite)).toBe(true);
    expect(await latentsOf('theirs-latents.st')).toEqual(latents);
    const { metadata } = await openCheckpoint(join(folder, 'a/ours-latents.st'));
    expect(metadata.made_by).toMatch(/^skipstone \d/);
    expect(JSON.parse(metadata.made_from ?? '')).toMatchObject({
      model: 'wan',
      steps: 2,
      seed: 0,
      width: 48,
      sampler: 'unipc',
    });
  });

  test('says how near the latents came to those without plugins', async () => {
    await put('e.st', { 'cond.text': waves([9, 12], 1), 'uncond.text': waves([9, 12], 2) });
    const flags = [
      '--embeds',
      'e.st',
      '--latents-out',
      'l.st',
      '--reference',
      '--sampler',
      'euler',
      '--steps',
      '8',
    ];
    const reused = await run(...flags, '--plugin', 'galaxy-cache:9,tap=attn_out');
    expect(reused.stderr).toMatch(/against the reference · video latents \d+\.\d dB/);
    const same = await run(...flags, '--plugin', 'galaxy-cache:0,tap=attn_out');
    expect(same.stderr).toMatch(/video latents infinite, equal/);
  });

  test('starts from noise of a file', async () => {
    await put('e.st', { 'cond.text': waves([9, 12], 1) });
    await put('noise.st', { noise: waves([1, 4, 3, 8, 6], 3) });
    await put('short.st', { noise: waves([4, 2, 8, 6], 3) });
    const args = ['--embeds', 'e.st', '--guidance', '1'];
    expect((await run(...args, '--latents-out', 'a.st', '--noise', 'noise.st', '--seed', '1')).code).toBe(0);
    await run(...args, '--latents-out', 'b.st', '--noise', 'noise.st', '--seed', '2');
    await run(...args, '--latents-out', 'c.st');
    expect(await latentsOf('b.st')).toEqual(await latentsOf('a.st'));
    expect(await latentsOf('c.st')).not.toEqual(await latentsOf('a.st'));
    const short = await run(...args, '--latents-out', 'd.st', '--noise', 'short.st');
    expect([short.code, short.stderr]).toEqual([2, expect.stringContaining('need   [4, 3, 8, 6]')]);
  });

  test.each<[string, Readonly<Record<string, HostTensor>>, string]>([
    ['another width', { 'cond.text': waves([9, 13], 1) }, '  have   cond.text [9, 13]'],
    [
      'two lengths',
      { 'cond.text': waves([9, 12], 1), 'uncond.text': waves([8, 12], 1) },
      '  have   uncond.text [8, 12]',
    ],
    ['an unknown name', { 'cond.txt': waves([9, 12], 1) }, '  have   a tensor cond.txt'],
    [
      'one prompt twice',
      { 'cond.text': waves([9, 12], 1), prompt_embeds: waves([9, 12], 1) },
      '  have   cond',
    ],
    ['no prompt', { 'uncond.text': waves([9, 12], 1) }, '  have   uncond.text'],
    ['a batch', { prompt_embeds: waves([2, 9, 12], 1) }, '  have   prompt_embeds [2, 9, 12]'],
  ])('refuses encoded prompts with %s', async (_, tensors, have) => {
    await put('e.st', tensors);
    const { code, stderr } = await run('--embeds', 'e.st', '--latents-out', 'l.st');
    expect(code).toBe(2);
    expect(stderr.split('\n')[0]).toBe('--embeds e.st: these are not encoded prompts of this model');
    expect(stderr.split('\n')[1]).toContain(have);
  });
});
