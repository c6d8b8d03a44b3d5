import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import {
  type HostTensor,
  openCheckpoint,
  readTensor,
  SkipstoneError,
  writeSafetensors,
} from '@skipstone/core';
import { temporaryFolder } from '@skipstone/core/testing';
import { checkGolden, missed } from '@skipstone/golden';
import { describe, expect, it } from 'vitest';
import { gemmaConfig } from './gemma/config.js';
import { gemmaGiven } from './gemma/given.js';
import { positionBuckets } from './t5/buckets.js';
import { t5Config } from './t5/config.js';
import { t5Name } from './t5/names.js';
import { encoderOf, textEncoder } from './text-encoder.js';
import { verifiers } from './verify/index.js';

const real = (name: string): string => fileURLToPath(new URL(`../test-data/${name}`, import.meta.url));
const CPU = { device: 'cpu', threads: 1 } as const;

async function open(name: string, change: (tensors: Record<string, HostTensor>) => void = () => undefined) {
  const json: unknown = JSON.parse(await readFile(`${real(name)}/config.json`, 'utf8'));
  const from = await openCheckpoint(`${real(name)}/model.safetensors`);
  const tensors: Record<string, HostTensor> = {};
  for (const entry of from.tensors.values()) tensors[entry.name] = await readTensor(entry);
  change(tensors);
  const path = `${await temporaryFolder('encoder')}/w.safetensors`;
  await writeSafetensors(path, tensors);
  const kind = await encoderOf(json, 'config.json', await openCheckpoint(path));
  return textEncoder(kind, { maxTokens: 16, tokenizer: 'none' });
}

const values = ({ data }: HostTensor): number[] => [...(data as Float32Array)];

describe('the golden folders verify', () => {
  it.each([
    ['text-umt5', 1],
    ['text-t5', 1],
    ['text-gemma3', 8],
    ['image-clip', 1],
  ])('%s', async (name, count) => {
    const checked = await checkGolden(real(name), verifiers);
    expect(checked).toHaveLength(count);
    expect(missed(checked)).toEqual([]);
    expect(Math.max(...checked.map(({ error }) => error))).toBeLessThan(1e-5);
  });
});

describe('an encoder of prompts', () => {
  const prompts = [
    [5, 7, 9, 1],
    [3, 1],
    [8, 8, 2, 30, 41, 1],
  ];

  it.each(['text-umt5', 'text-t5', 'text-gemma3'])(
    '%s gives a prompt of many the bytes it has alone',
    async (name) => {
      const encoder = await open(name);
      const together = await encoder.encodeTokens(prompts, CPU);
      for (const [i, ids] of prompts.entries()) {
        const [alone] = await encoder.encodeTokens([ids], CPU);
        expect(together[i]).toEqual(alone);
        expect(alone?.count).toBe(ids.length);
        expect(alone?.first).toBe(name === 'text-gemma3' ? 16 - ids.length : 0);
      }
    },
  );

  it('finds embeddings under the one name that a checkpoint has of tied ones', async () => {
    const both = await (await open('text-umt5')).encodeTokens(prompts, CPU);
    for (const gone of ['shared.weight', 'encoder.embed_tokens.weight']) {
      const one = await open('text-umt5', (tensors) => delete tensors[gone]);
      expect(await one.encodeTokens(prompts, CPU)).toEqual(both);
    }
  });

  it("reads the original Wan release's names", () => {
    expect(
      [
        'token_embedding.weight',
        'norm.weight',
        'blocks.3.norm1.weight',
        'blocks.3.attn.q.weight',
        'blocks.3.pos_embedding.embedding.weight',
        'blocks.11.ffn.gate.0.weight',
        'blocks.11.ffn.fc1.weight',
        'blocks.11.ffn.fc2.weight',
      ].map(t5Name),
    ).toEqual([
      'shared.weight',
      'encoder.final_layer_norm.weight',
      'encoder.block.3.layer.0.layer_norm.weight',
      'encoder.block.3.layer.0.SelfAttention.q.weight',
      'encoder.block.3.layer.0.SelfAttention.relative_attention_bias.weight',
      'encoder.block.11.layer.1.DenseReluDense.wi_0.weight',
      'encoder.block.11.layer.1.DenseReluDense.wi_1.weight',
      'encoder.block.11.layer.1.DenseReluDense.wo.weight',
    ]);
  });

  it('plans a layer, not the model, and refuses what does not fit before anything is read', async () => {
    const encoder = await open('text-umt5');
    const { peakBytes, spans } = encoder.plan(16, { device: 'cpu' });
    expect(peakBytes).toBe(Math.max(...spans.map(({ bytes }) => bytes)) + 8 * 16 * 16);
    expect(() => encoder.plan(16, { device: 'cpu', memoryBytes: peakBytes - 1 })).toThrow('it does not fit');
  });

  it('says what is wrong with weights and tokens', async () => {
    const code = (work: Promise<unknown>): Promise<string> =>
      work.then(
        () => 'none',
        (error: unknown) => (error instanceof SkipstoneError ? error.code : String(error)),
      );
    const encoder = await open('text-umt5');
    expect(await code(encoder.encodeTokens([[50]], CPU))).toBe('encoder-token');
    const wo = 'encoder.block.1.layer.1.DenseReluDense.wo.weight';
    expect(await code(open('text-umt5', (tensors) => delete tensors[wo]))).toBe('checkpoint-tensor');
    const broken = await open('text-umt5', (tensors) => {
      (tensors[wo]?.data as Float32Array)[3] = Number.NaN;
    });
    expect(await code(broken.encodeTokens([[5, 1]], CPU))).toBe('not-finite');
  });
});

it("buckets of distances are the reference's", () => {
  const config = t5Config(
    { model_type: 't5', vocab_size: 2, d_model: 2, d_kv: 1, d_ff: 2, num_layers: 1, num_heads: 2 },
    'config.json',
  );
  const row = positionBuckets(130, config).slice(0, 130);
  const at = [0, 1, 7, 8, 11, 12, 15, 16, 22, 23, 31, 32, 45, 46, 63, 64, 90, 91, 129];
  // Keys that come later have the upper half.
  expect(at.map((distance) => (row[distance] ?? 0) - (distance > 0 ? 16 : 0))).toEqual([
    0, 1, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13, 14, 14, 15, 15,
  ]);
});

it('a windowed layer of Gemma sees so many tokens back, a full one all', () => {
  const json = { num_hidden_layers: 1, head_dim: 4, sliding_window: 2 };
  const given = gemmaGiven(gemmaConfig(json, 'config.json'), 3, 0);
  const seen = (name: string) => values(given[name] as HostTensor).map((value) => (value === 0 ? 1 : 0));
  expect(seen('sliding.mask')).toEqual([1, 0, 0, 1, 1, 0, 0, 1, 1]);
  expect(seen('full.mask')).toEqual([1, 0, 0, 1, 1, 0, 1, 1, 1]);
});
