import { checkedConfig, SkipstoneError } from '@skipstone/core';
import { z } from 'zod';

/** The fields of a Wan transformer's `config.json` (diffusers) that its arithmetic depends on. */
const schema = z.strictObject({
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
  image_dim: z.int().positive().nullish(),
  added_kv_proj_dim: z.int().positive().nullish(),
  pos_embed_seq_len: z.null('first and last frame (FLF2V) is not supported').optional(),
  rope_max_seq_len: z.int().positive().default(1024),
  // Written by early conversions; `image_dim` says the first, and attention is over all tokens.
  add_img_emb: z.boolean().optional(),
  window_size: z.tuple([z.literal(-1), z.literal(-1)]).optional(),
});

export interface WanConfig {
  /** H, heads; K, width of a head; D = H·K. */
  readonly heads: number;
  readonly headWidth: number;
  readonly width: number;
  /** C in and out, latent channels. What comes in beyond C out are condition channels, constant for a run. */
  readonly channelsIn: number;
  readonly channels: number;
  readonly textWidth: number;
  /** Width of an image encoder's tokens, read by added keys and values (Wan2.1 image to video). */
  readonly imageWidth?: number;
  readonly frequencies: number;
  /** F, feed-forward width. */
  readonly feedForward: number;
  readonly blocks: number;
  readonly eps: number;
  /** Longest axis of patches that the rotary tables were made for. */
  readonly maxPositions: number;
  /** True where each token has its own timestep, so that a first frame can be given (Wan2.2 TI2V). */
  readonly firstFrame: boolean;
}

/** What `config.json` does not say: a pipeline says it in `model_index.json`. */
export interface WanTraits {
  /** diffusers' `expand_timesteps`. Default false. */
  readonly firstFrame?: boolean;
}

/** Reads a `config.json`; fields that are unknown, or of models that are not supported, are errors, never ignored. */
export function wanConfig(json: unknown, origin: string, { firstFrame = false }: WanTraits = {}): WanConfig {
  const lines = {
    code: 'wan-config',
    what: `${origin}: this is not a Wan transformer that can be run`,
    need: 'WanTransformer3DModel, patch (1, 2, 2), text or image to video',
    do: 'name the folder of a Wan2.1 or Wan2.2 transformer in diffusers layout',
  };
  const c = checkedConfig(schema, json, lines);
  const width = c.num_attention_heads * c.attention_head_dim;
  const { image_dim: image, added_kv_proj_dim: added } = c;
  const wrong =
    misfit(c.in_channels >= c.out_channels, `in_channels ${c.in_channels}, out_channels ${c.out_channels}`) ??
    misfit(!image === !added, `image_dim ${image}, added_kv_proj_dim ${added}`) ??
    misfit(!added || added === width, `added_kv_proj_dim ${added}, width ${width}`) ??
    misfit(
      !firstFrame || c.in_channels === c.out_channels,
      `a timestep per token and ${c.in_channels - c.out_channels} condition channels`,
    );
  if (wrong !== undefined) throw new SkipstoneError({ ...lines, have: wrong });
  return {
    heads: c.num_attention_heads,
    headWidth: c.attention_head_dim,
    width,
    channelsIn: c.in_channels,
    channels: c.out_channels,
    textWidth: c.text_dim,
    ...(image ? { imageWidth: image } : {}),
    frequencies: c.freq_dim,
    feedForward: c.ffn_dim,
    blocks: c.num_layers,
    eps: c.eps,
    maxPositions: c.rope_max_seq_len,
    firstFrame,
  };
}

const misfit = (fits: boolean, have: string): string | undefined => (fits ? undefined : have);
