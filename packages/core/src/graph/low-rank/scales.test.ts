import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type StreamedTensor, writeSafetensors } from '../../checkpoint/write.js';
import { SkipstoneError } from '../../error.js';
import type { HostTensor } from '../../spec/tensor.js';
import { storedAs } from '../../testing/small/stored-as.js';
import { wideModel } from '../../testing/small/wide.js';
import { temporaryFolder } from '../../testing/temporary-folder.js';
import { withLowRank } from './with-low-rank.js';

const zeros = (...shape: number[]) =>
  storedAs('float32', shape, new Float32Array(shape.reduce((a, b) => a * b, 1)));

/** Two pairs of rank 4. */
const PAIRS = {
  'blocks.0.fc.lora_A.weight': zeros(4, 192),
  'blocks.0.fc.lora_B.weight': zeros(256, 4),
  'head.lora_A.weight': zeros(4, 192),
  'head.lora_B.weight': zeros(192, 4),
};

interface Case {
  readonly tensors?: Readonly<Record<string, StreamedTensor | HostTensor>>;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly config?: unknown;
}

async function opened({ tensors = {}, metadata = {}, config }: Case) {
  const folder = await temporaryFolder('scales');
  const path = join(folder, 'adapter_model.safetensors');
  await writeSafetensors(path, { ...PAIRS, ...tensors }, { metadata });
  if (config !== undefined) {
    await writeFile(join(folder, 'adapter_config.json'), JSON.stringify(config));
    // PEFT's folder is known by its names, whatever lies beside.
    await writeSafetensors(join(folder, 'optimizer.safetensors'), PAIRS);
  }
  return withLowRank(await wideModel(), [{ path: config === undefined ? path : folder }]);
}

const scalesOf = async (one: Case) => (await opened(one)).weights.added?.[0]?.scales;
const said = (from: string, scale: number) => [{ from, products: 2, least: scale, most: scale }];

/** One number as a tensor of any type. */
const one = (
  dtype: StreamedTensor['dtype'],
  shape: readonly number[],
  values: ArrayBufferView,
): StreamedTensor => ({
  ...{ dtype, shape },
  pieces: () => [new Uint8Array(values.buffer as ArrayBuffer)],
});

describe('the scale of a pair', () => {
  it.each<[string, Case, string, number]>([
    ['is 1 where nobody says alpha', {}, 'no alpha', 1],
    ['is of alpha in the metadata', { metadata: { alpha: '8' } }, 'alpha of its metadata', 2],
    [
      'is of lora_alpha in the metadata',
      { metadata: { lora_alpha: '2.0' } },
      'lora_alpha of its metadata',
      0.5,
    ],
    [
      'is of ss_network_alpha',
      { metadata: { ss_network_alpha: '6' } },
      'ss_network_alpha of its metadata',
      1.5,
    ],
    ['is not of an alpha that says nothing', { metadata: { ss_network_alpha: 'Dynamic' } }, 'no alpha', 1],
    ['is of adapter_config.json', { config: { r: 4, lora_alpha: 8 } }, 'adapter_config.json', 2],
    [
      'is over the root of the rank with rsLoRA',
      { config: { lora_alpha: 8, use_rslora: true } },
      'adapter_config.json',
      4,
    ],
    [
      "is PEFT's own where its file has none",
      { config: { peft_type: 'LORA', r: 4 } },
      'adapter_config.json',
      2,
    ],
    [
      'is of the metadata of diffusers',
      { metadata: { lora_adapter_metadata: '{"transformer.lora_alpha":2,"text_encoder.lora_alpha":9}' } },
      'lora_adapter_metadata of its metadata',
      0.5,
    ],
    [
      'may be said twice alike',
      { config: { lora_alpha: 8, r: 4 }, metadata: { alpha: '8.0' } },
      'alpha of its metadata',
      2,
    ],
  ])('%s', async (_, input, from, scale) => {
    expect(await scalesOf(input)).toEqual(said(from, scale));
  });

  it('is of patterns where a module has its own', async () => {
    const config = {
      ...{ r: 2, lora_alpha: 8, rank_pattern: { 'blocks.0.fc': 4, head: 4 } },
      alpha_pattern: { '^blocks\\.\\d+\\.f.': 2, fc: 100 },
    };
    expect(await scalesOf({ config })).toEqual([
      { from: 'adapter_config.json', products: 2, least: 0.5, most: 2 },
    ]);
  });

  it.each<[string, StreamedTensor]>([
    ['I64', one('I64', [], BigInt64Array.of(8n))],
    ['F64 [1, 1]', one('F64', [1, 1], Float64Array.of(8))],
    ['I32 [1]', one('I32', [1], Int32Array.of(8))],
    ['U8', one('U8', [], Uint8Array.of(8))],
  ])('is of .alpha tensors of any type: %s', async (_, alpha) => {
    const tensors = { 'blocks.0.fc.alpha': alpha };
    expect(await scalesOf({ tensors })).toEqual([
      { from: '.alpha tensors', products: 1, least: 2, most: 2 },
      { from: 'no alpha', products: 1, least: 1, most: 1 },
    ]);
  });

  it('tells runs apart, wherever alpha stands', async () => {
    const print = async (input: Case) => (await opened(input)).fingerprint;
    const prints = [{}, { config: { lora_alpha: 8 } }, { config: { lora_alpha: 6 } }];
    expect(new Set(await Promise.all(prints.map(print))).size).toBe(3);
  });
});

describe('a file is refused where', () => {
  it.each<[string, Case, string]>([
    [
      'two places disagree',
      { metadata: { alpha: '8' }, config: { lora_alpha: 4 } },
      'have   alpha 8 by alpha of its metadata (a scale of 2), alpha 4 by adapter_config.json (a scale of 1)',
    ],
    [
      'an .alpha tensor and the metadata disagree',
      { metadata: { ss_network_alpha: '4' }, tensors: { 'head.alpha': one('F32', [], Float32Array.of(1)) } },
      "what scales 'head.lora_A.weight' disagrees",
    ],
    [
      'the rank is another',
      { config: { r: 8, lora_alpha: 8 } },
      'another rank than it has\n  have   rank 8 there',
    ],
    ['it is a DoRA', { config: { lora_alpha: 8, use_dora: true } }, 'use_dora'],
    ['it is no LoRA', { config: { peft_type: 'LOHA' } }, 'peft_type'],
    ['it changed the base weights', { config: { init_lora_weights: 'pissa_niter_4' } }, 'init_lora_weights'],
    [
      'alpha is no number',
      { metadata: { lora_alpha: 'eight' } },
      'lora_alpha of its metadata is not a number',
    ],
    [
      'alpha is two numbers',
      { tensors: { 'head.alpha': zeros(2) } },
      "'head.alpha' is not one number\n  have   F32 [2]",
    ],
    ['a pattern cannot be read', { config: { alpha_pattern: { '(': 2 } } }, 'a pattern that cannot be read'],
    ['the metadata of diffusers are damaged', { metadata: { lora_adapter_metadata: '{' } }, 'is not served'],
  ])('%s', async (_, input, text) => {
    const error = await opened(input).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(SkipstoneError);
    expect((error as SkipstoneError).message).toContain(text);
  });
});
