import { checkedJson } from '@skipstone/core';
import { z } from 'zod';

/** What the arithmetic depends on; what else transformers writes into `config.json` says nothing about it. */
const schema = z.object({
  model_type: z.enum(['t5', 'umt5']).optional(),
  _class_name: z.enum(['T5EncoderModel', 'UMT5EncoderModel']).optional(),
  architectures: z.array(z.string()).optional(),
  vocab_size: z
    .int()
    .positive()
    .max(2 ** 22),
  d_model: z
    .int()
    .positive()
    .max(2 ** 15),
  d_kv: z.int().positive().max(1024),
  d_ff: z
    .int()
    .positive()
    .max(2 ** 18),
  num_layers: z.int().positive().max(256),
  num_heads: z.int().positive().max(1024),
  feed_forward_proj: z.enum(['relu', 'gated-gelu']).default('relu'),
  relative_attention_num_buckets: z.int().min(4).multipleOf(2).max(1024).default(32),
  relative_attention_max_distance: z.int().positive().default(128),
  layer_norm_epsilon: z.number().positive().default(1e-6),
});

/** The encoder of a T5 or UMT5 model. */
export interface T5Config {
  /** UMT5: every block has positions of its own; T5: all read those of the first. */
  readonly kind: 't5' | 'umt5';
  readonly vocabulary: number;
  /** D, width; H, heads; K, width of a head. */
  readonly width: number;
  readonly heads: number;
  readonly headWidth: number;
  readonly feedForward: number;
  /** wo(gelu(wi_0·x)·(wi_1·x)), or wo(relu(wi·x)). */
  readonly gated: boolean;
  readonly blocks: number;
  readonly buckets: number;
  readonly maxDistance: number;
  readonly eps: number;
}

/** Reads a `config.json`. Error `encoder-config`. */
export function t5Config(json: unknown, origin: string): T5Config {
  const c = checkedJson(schema, json, {
    code: 'encoder-config',
    what: `${origin}: this is not an encoder of T5 or UMT5 that can be run`,
    need: 'T5EncoderModel or UMT5EncoderModel, with relu or gated-gelu',
    do: 'use the config.json that the encoder was published with',
  });
  const named = [c._class_name, c.model_type, ...(c.architectures ?? [])].join(' ').toLowerCase();
  return {
    kind: named.includes('umt5') ? 'umt5' : 't5',
    vocabulary: c.vocab_size,
    width: c.d_model,
    heads: c.num_heads,
    headWidth: c.d_kv,
    feedForward: c.d_ff,
    gated: c.feed_forward_proj === 'gated-gelu',
    blocks: c.num_layers,
    buckets: c.relative_attention_num_buckets,
    maxDistance: c.relative_attention_max_distance,
    eps: c.layer_norm_epsilon,
  };
}
