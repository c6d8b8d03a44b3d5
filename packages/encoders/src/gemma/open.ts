import { type Checkpoint, findTensor, openChain, renamed } from '@skipstone/core';
import { embedRows } from '../embed.js';
import type { EncoderKind } from '../encoder-kind.js';
import { gemmaChain } from './chain.js';
import { gemmaConfig } from './config.js';
import { gemmaGiven } from './given.js';
import { gemmaName, NOT_TEXT } from './names.js';

const TABLE = 'embed_tokens.weight';

export async function openGemma(json: unknown, origin: string, from: Checkpoint): Promise<EncoderKind> {
  const config = gemmaConfig(json, origin);
  const checkpoint = renamed(from, gemmaName);
  const { width } = config;
  const chain = openChain(gemmaChain(config, 'gemma3'), checkpoint, { ignore: NOT_TEXT });
  const by = inTypeOf(findTensor(checkpoint, TABLE).dtype, Math.sqrt(width));
  return {
    ...{ kind: 'gemma3', name: 'gemma3', width, chain, padsLeft: true, all: true, maxTokens: 1024 },
    embed: async (ids) => ({
      type: 'float32',
      shape: [ids.length, width],
      data: (await embedRows(checkpoint, TABLE, ids)).map((value) => value * by),
    }),
    given: async (tokens, before) => gemmaGiven(config, tokens, before),
  };
}

/** The reference rounds the factor of its embeddings to the type of its weights: √3840 is 62 in bfloat16. */
function inTypeOf(dtype: string, value: number): number {
  if (dtype === 'F32') return Math.fround(value);
  const bits = dtype === 'BF16' ? 8 : 11;
  const step = 2 ** (Math.floor(Math.log2(value)) - bits + 1);
  return Math.round(value / step) * step;
}
