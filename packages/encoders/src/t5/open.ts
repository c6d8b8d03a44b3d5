import {
  type Checkpoint,
  findTensor,
  type HostTensor,
  openChain,
  readTensor,
  renamed,
  SkipstoneError,
} from '@skipstone/core';
import { embedRows } from '../embed.js';
import type { EncoderKind } from '../encoder-kind.js';
import { positionBuckets } from './buckets.js';
import { FIRST_POSITIONS, t5Chain } from './chain.js';
import { t5Config } from './config.js';
import { t5Name } from './names.js';

/** The table of embeddings: tied, it lies under one name or under both. */
const TABLES = ['shared.weight', 'encoder.embed_tokens.weight'];

export async function openT5(json: unknown, origin: string, from: Checkpoint): Promise<EncoderKind> {
  const config = t5Config(json, origin);
  const checkpoint = renamed(from, t5Name);
  const { kind, width, vocabulary, buckets, heads } = config;
  const table = TABLES.find((name) => checkpoint.tensors.has(name)) ?? 'shared.weight';
  assertShape(findTensor(checkpoint, table), [vocabulary, width]);
  const own = kind === 't5' ? [FIRST_POSITIONS] : [];
  if (kind === 't5') assertShape(findTensor(checkpoint, FIRST_POSITIONS), [buckets, heads]);
  const chain = openChain(t5Chain(config, kind), checkpoint, {
    ignore: [...TABLES, ...own, /^decoder\.|^lm_head\./],
  });
  return {
    ...{ kind, name: kind, width, chain, padsLeft: false, all: false, maxTokens: 512 },
    embed: async (ids) => ({
      type: 'float32',
      shape: [ids.length, width],
      data: await embedRows(checkpoint, table, ids),
    }),
    given: async (tokens) => {
      const places = positionBuckets(tokens, config);
      if (kind === 'umt5') {
        return {
          buckets: { type: 'int64', shape: [places.length], data: BigInt64Array.from(places, BigInt) },
        };
      }
      const { data } = await readTensor(findTensor(checkpoint, FIRST_POSITIONS));
      return { bias: biasOf(data as Float32Array, places, tokens, heads) };
    },
  };
}

/** `[H, S, S]` of a table `[buckets, H]`. */
function biasOf(table: Float32Array, places: Int32Array, tokens: number, heads: number): HostTensor {
  const area = tokens * tokens;
  const data = Float32Array.from({ length: heads * area }, (_, i) => {
    return table[(places[i % area] ?? 0) * heads + Math.floor(i / area)] ?? Number.NaN;
  });
  return { type: 'float32', shape: [heads, tokens, tokens], data };
}

function assertShape({ name, shape, file }: ReturnType<typeof findTensor>, need: readonly number[]): void {
  if (shape.join() === need.join()) return;
  throw new SkipstoneError({
    code: 'checkpoint-shape',
    what: `the tensor '${name}' has another shape than the encoder needs`,
    have: `[${shape.join(', ')}] in ${file}`,
    need: `[${need.join(', ')}]`,
    do: 'check that config.json belongs to this checkpoint',
  });
}
