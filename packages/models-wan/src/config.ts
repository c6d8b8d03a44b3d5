import { SkipstoneError } from '@skipstone/core';
import { z } from 'zod';

/** The fields of a Wan transformer's `config.json` (diffusers) that its arithmetic depends on. */
const schema = z.object({
  _class_name: z.literal('WanTransformer3DModel').optional(),
  patch_size: z.tuple([z.literal(1), z.literal(2), z.literal(2)]),
  num_attention_heads: z.int().positive(),
  attention_head_dim: z.int().min(6).multipleOf(2),
  in_channels: z.int().positive(),
  out_channels: z.int().positive(),
  text_dim: z.int().positive(),
  freq_dim: z.int().positive().multipleOf(2),
  ffn_dim: z.int().positive(),
  num_layers: z.int().positive(),
  cross_attn_norm: z.literal(true),
  qk_norm: z.literal('rms_norm_across_heads'),
  eps: z.number().positive(),
  image_dim: z.null().optional(),
  added_kv_proj_dim: z.null().optional(),
  pos_embed_seq_len: z.null().optional(),
  rope_max_seq_len: z.int().positive().default(1024),
});

export interface WanConfig {
  /** H, heads; K, width of a head; D = H·K. */
  readonly heads: number;
  readonly headWidth: number;
  readonly width: number;
  /** C in and out, latent channels. */
  readonly channelsIn: number;
  readonly channels: number;
  readonly textWidth: number;
  readonly frequencies: number;
  /** F, feed-forward width. */
  readonly feedForward: number;
  readonly blocks: number;
  readonly eps: number;
  /** Longest axis of patches that the rotary tables were made for. */
  readonly maxPositions: number;
}

/** Fields that a model with image conditioning sets. */
const IMAGE = ['image_dim', 'added_kv_proj_dim', 'pos_embed_seq_len'];

/** Reads a `config.json`; fields of models that are not supported yet are errors, never ignored. */
export function wanConfig(json: unknown, origin: string): WanConfig {
  const image = Object.entries(json ?? {}).filter(
    ([field, value]) => IMAGE.includes(field) && value !== null,
  );
  if (image.length > 0) {
    throw new SkipstoneError({
      code: 'wan-config',
      what: `${origin}: models with image conditioning are not supported yet`,
      have: image.map(([field, value]) => `${field}: ${JSON.stringify(value)}`).join(', '),
      need: `${IMAGE.join(', ')} absent or null (text to video)`,
      do: 'use a Wan2.1 text-to-video transformer',
    });
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new SkipstoneError({
      code: 'wan-config',
      what: `${origin}: this is not a text-to-video Wan transformer that can be run`,
      have: `${issue?.path.join('.') || 'the file'}: ${issue?.message}`,
      need: 'WanTransformer3DModel, patch (1, 2, 2), without image conditioning',
      do: 'name the folder of a Wan2.1 text-to-video transformer in diffusers layout',
    });
  }
  const c = parsed.data;
  if (c.in_channels !== c.out_channels) {
    throw new SkipstoneError({
      code: 'wan-config',
      what: `${origin}: models with condition channels are not supported yet`,
      have: `in_channels ${c.in_channels}, out_channels ${c.out_channels}`,
      need: 'equal numbers of channels (text to video)',
      do: 'use a Wan2.1 text-to-video transformer',
    });
  }
  return {
    heads: c.num_attention_heads,
    headWidth: c.attention_head_dim,
    width: c.num_attention_heads * c.attention_head_dim,
    channelsIn: c.in_channels,
    channels: c.out_channels,
    textWidth: c.text_dim,
    frequencies: c.freq_dim,
    feedForward: c.ffn_dim,
    blocks: c.num_layers,
    eps: c.eps,
    maxPositions: c.rope_max_seq_len,
  };
}
