import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCheckpoint, readTensor } from '@skipstone/core';
import { openCosmos } from '@skipstone/models-cosmos';
import { openWan } from '@skipstone/models-wan';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { claimedShapes } from './claimed-shapes.js';
import { writeMadeUpTransformer } from './made-up-transformer.js';
import { PUBLISHED } from './published-models.js';
import { WAN_1_3B, writeMadeUpWan } from './wan-1-3b.js';

/** Small in every width, alike in everything else. */
const SMALL = {
  ...WAN_1_3B,
  num_attention_heads: 2,
  attention_head_dim: 12,
  text_dim: 8,
  freq_dim: 16,
  ffn_dim: 40,
  num_layers: 2,
};

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skipstone-made-up-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it.each([
  ['F32', false],
  ['BF16', false],
  ['F32', true],
  ['BF16', true],
] as const)('writes a checkpoint that opens as Wan: %s, sparse %s', async (dtype, sparse) => {
  await writeMadeUpWan(folder, { config: SMALL, dtype, sparse });
  const model = await openWan(folder);
  expect(model.phases[0]?.model.checkpoint.tensors.get('blocks.1.ffn.net.2.weight')).toMatchObject({
    dtype,
    shape: [24, 40],
  });
});

it('gives the same bytes for the same seed, and values of the size they should have', async () => {
  const what = { config: { ...SMALL, ffn_dim: 4000 }, dtype: 'F32', seed: 3 } as const;
  const file = await writeMadeUpWan(folder, what);
  const again = await writeMadeUpWan(join(folder, 'again'), what);
  expect(Buffer.compare(await readFile(file), await readFile(again))).toBe(0);
  const entry = (await openCheckpoint(file)).tensors.get('blocks.0.ffn.net.0.proj.weight');
  if (!entry) throw new TypeError('the tensor is there');
  const values = Array.from((await readTensor(entry)).data, Number);
  const deviation = Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length);
  expect(deviation).toBeCloseTo(Math.sqrt(1 / 24), 2);
});

const valuesOf = async (file: string, name: string): Promise<readonly number[]> => {
  const entry = (await openCheckpoint(file)).tensors.get(name);
  if (!entry) throw new TypeError(`${name} is there`);
  return Array.from((await readTensor(entry)).data, Number);
};

it('gives other bytes for another seed, and to tensors of another name', async () => {
  const write = (seed: number) =>
    writeMadeUpWan(join(folder, `${seed}`), { config: SMALL, dtype: 'BF16', seed });
  const [one, two] = [await write(1), await write(2)];
  const [q, k] = ['blocks.0.attn1.to_q.weight', 'blocks.0.attn1.to_k.weight'] as const;
  expect(await valuesOf(one, q)).not.toEqual(await valuesOf(two, q));
  expect(await valuesOf(one, q)).not.toEqual(await valuesOf(one, k));
});

it('gives a tensor the same bytes in a model of more blocks', async () => {
  const more = { ...SMALL, num_layers: 3 };
  const few = await writeMadeUpWan(join(folder, 'few'), { config: SMALL, dtype: 'BF16' });
  const many = await writeMadeUpWan(join(folder, 'many'), { config: more, dtype: 'BF16' });
  const name = 'proj_out.weight';
  expect(await valuesOf(many, name)).toEqual(await valuesOf(few, name));
});

it('writes norms near 1, and a bfloat16 that is the float32 rounded', async () => {
  const write = (dtype: 'F32' | 'BF16') => writeMadeUpWan(join(folder, dtype), { config: SMALL, dtype });
  const [exact, rounded] = [await write('F32'), await write('BF16')];
  const name = 'blocks.0.attn1.norm_q.weight';
  const norms = await valuesOf(exact, name);
  for (const value of norms) expect(Math.abs(value - 1)).toBeLessThan(0.12);
  expect(new Set(norms).size).toBeGreaterThan(12);
  // Seven bits behind the point: off by half of the last at most.
  (await valuesOf(rounded, name)).forEach((value, i) => {
    expect(Math.abs(value - (norms[i] ?? 0))).toBeLessThanOrEqual(2 ** -8);
  });
});

it('holds exactly the names and shapes that the adapter claims, and opens as Cosmos', async () => {
  const [model] = PUBLISHED.filter(({ name }) => name === 'cosmos-predict2-2b-video2world');
  if (!model) throw new TypeError('the model is published');
  const config = { ...model.config, num_layers: 2, num_attention_heads: 2, text_embed_dim: 16 };
  const file = await writeMadeUpTransformer(folder, { model, config, dtype: 'BF16' });
  const { tensors } = await openCheckpoint(file);
  const shapes = [...tensors.values()].map(({ name, shape }) => [name, shape]);
  expect(Object.fromEntries(shapes)).toEqual(claimedShapes(model.spec(config)));
  expect([...((await openCosmos(folder)).phases[0]?.model.checkpoint.tensors.keys() ?? [])].length).toBe(
    tensors.size,
  );
});

it('refuses what the disk has no room for, and writes nothing', async () => {
  const huge = { ...SMALL, ffn_dim: 2 ** 44 };
  const writing = writeMadeUpWan(folder, { config: huge, dtype: 'BF16' });
  await expect(writing).rejects.toMatchObject({ code: 'made-up-room' });
  expect(await readdir(folder)).toEqual(['config.json']);
});

it.skipIf(process.platform === 'win32')('takes next to no room on disk where it is sparse', async () => {
  const file = await writeMadeUpWan(folder, {
    config: { ...SMALL, ffn_dim: 1 << 20 },
    dtype: 'F32',
    sparse: true,
  });
  const { size, blocks } = await stat(file);
  expect(size).toBeGreaterThan(2 ** 28);
  // Units of 512 bytes.
  expect(512 * blocks).toBeLessThan(2 ** 20);
});
