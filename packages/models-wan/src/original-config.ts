import { checkedConfig, SkipstoneError } from '@skipstone/core';
import { z } from 'zod';

/**
 * `config.json` of the original releases. The optional fields are those the reference leaves out when it
 * writes the file, with its defaults. Source: `WanModel.__init__` and `ignore_for_config`,
 * Wan-Video/Wan2.1 9737cba9, wan/modules/model.py.
 */
const schema = z.strictObject({
  _class_name: z.literal('WanModel').optional(),
  model_type: z.enum(['t2v', 'i2v', 'ti2v']),
  dim: z.int().positive(),
  num_heads: z.int().positive(),
  ffn_dim: z.int().positive(),
  num_layers: z.int().positive(),
  in_dim: z.int().positive(),
  out_dim: z.int().positive(),
  freq_dim: z.int().positive(),
  eps: z.number().positive().default(1e-6),
  text_dim: z.int().positive().default(4096),
  // To what prompts are padded before they are encoded.
  text_len: z.int().positive().optional(),
  patch_size: z.tuple([z.literal(1), z.literal(2), z.literal(2)]).default([1, 2, 2]),
  cross_attn_norm: z.literal(true).default(true),
  qk_norm: z.literal(true).default(true),
  window_size: z.tuple([z.literal(-1), z.literal(-1)]).optional(),
});

export function isOriginalConfig(json: unknown): boolean {
  return typeof json === 'object' && json !== null && ('dim' in json || 'model_type' in json);
}

/**
 * The same configuration in diffusers' fields. It does not say whether the model reads an image encoder's
 * tokens (`i2v` of Wan2.1 does, that of Wan2.2 does not), but its checkpoint does: `image`, their width.
 */
export function fromOriginalConfig(
  json: unknown,
  origin: string,
  image: number | undefined,
): { readonly fields: Readonly<Record<string, unknown>>; readonly firstFrame: boolean } {
  const c = checkedConfig(schema, json, {
    code: 'wan-config',
    what: `${origin}: this is not a model of the original Wan that can be run`,
    need: 'WanModel, model_type t2v, i2v or ti2v, patch (1, 2, 2), attention over all tokens',
    do: 'name the folder of a Wan2.1 or Wan2.2 release',
  });
  if (c.dim % c.num_heads !== 0) {
    throw new SkipstoneError({
      code: 'wan-config',
      what: `${origin}: the heads do not divide the width`,
      have: `dim ${c.dim}, num_heads ${c.num_heads}`,
      need: 'dim a multiple of num_heads',
      do: 'download config.json again',
    });
  }
  const fields = {
    patch_size: c.patch_size,
    num_attention_heads: c.num_heads,
    attention_head_dim: c.dim / c.num_heads,
    in_channels: c.in_dim,
    out_channels: c.out_dim,
    text_dim: c.text_dim,
    freq_dim: c.freq_dim,
    ffn_dim: c.ffn_dim,
    num_layers: c.num_layers,
    cross_attn_norm: c.cross_attn_norm,
    qk_norm: 'rms_norm_across_heads',
    eps: c.eps,
    ...(image === undefined ? {} : { image_dim: image, added_kv_proj_dim: c.dim }),
  };
  return { fields, firstFrame: c.model_type === 'ti2v' };
}
