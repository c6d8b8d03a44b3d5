import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCheckpoint, readTensor } from '@skipstone/core';
import { openWan } from '@skipstone/models-wan';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { WAN_1_3B, writeMadeUpWan } from '../bench/wan-1-3b.js';

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
  const file = await writeMadeUpWan(folder, { config: SMALL, dtype: 'F32', seed: 3 });
  const again = await writeMadeUpWan(join(folder, 'again'), { config: SMALL, dtype: 'F32', seed: 3 });
  expect(Buffer.compare(await readFile(file), await readFile(again))).toBe(0);
  const entry = (await openCheckpoint(file)).tensors.get('blocks.0.ffn.net.0.proj.weight');
  if (!entry) throw new TypeError('the tensor is there');
  const values = Array.from((await readTensor(entry)).data, Number);
  const deviation = Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length);
  expect(deviation).toBeCloseTo(Math.sqrt(1 / 24), 2);
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
