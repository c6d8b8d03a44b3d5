import { checkedConfig, SkipstoneError } from '@skipstone/core';
import { z } from 'zod';

const axes = z.tuple([z.number().positive(), z.number().positive(), z.number().positive()]);

/** The fields of a `config.json` (diffusers) that the arithmetic depends on, with the reference's defaults. */
const schema = z.strictObject({
  _class_name: z.literal('CosmosTransformer3DModel').optional(),
  in_channels: z.int().positive(),
  out_channels: z.int().positive(),
  num_attention_heads: z.int().positive(),
  /** Every axis of the rotary embedding has 4 channels at least. */
  attention_head_dim: z.int().min(12).multipleOf(2),
  num_layers: z.int().positive(),
  mlp_ratio: z.number().positive(),
  text_embed_dim: z.int().positive(),
  adaln_lora_dim: z.int().positive(),
  max_size: axes,
  patch_size: z.tuple([z.literal(1), z.literal(2), z.literal(2)]),
  rope_scale: axes,
  concat_padding_mask: z.boolean().default(true),
  extra_pos_embed_type: z.literal('learnable').nullable().default('learnable'),
  use_crossattn_projection: z.boolean().default(false),
  crossattn_proj_in_channels: z.int().positive().default(1024),
  encoder_hidden_states_channels: z.int().positive().default(1024),
  // Of models that are not supported: transfer, with a control branch.
  img_context_dim_in: z.null().optional(),
  controlnet_block_every_n: z.null().optional(),
  // Read by those alone.
  img_context_num_tokens: z.int().optional(),
  img_context_dim_out: z.int().optional(),
});

export interface CosmosConfig {
  /** H, heads; K, width of a head; D = H·K. */
  readonly heads: number;
  readonly headWidth: number;
  readonly width: number;
  /** C, latent channels in and out. */
  readonly channels: number;
  /** A channel that marks clean frames: video to world. */
  readonly conditionMask: boolean;
  /** A channel that marks padded pixels. */
  readonly paddingMask: boolean;
  readonly blocks: number;
  /** F, feed-forward width. */
  readonly feedForward: number;
  readonly textWidth: number;
  /** Width of encoded text before its projection, for models that project it (2.5). */
  readonly projectedFrom: number | undefined;
  /** Width of what modulation is squeezed through. */
  readonly squeeze: number;
  /** Most tokens on an axis: frames, rows, columns. */
  readonly positions: readonly [number, number, number];
  /** How far each axis' rotary embedding is stretched. */
  readonly ropeScale: readonly [number, number, number];
  readonly learnablePositions: boolean;
}

/** Reads a `config.json`; fields that are unknown, or of models that are not supported, are errors, never ignored. */
export function cosmosConfig(json: unknown, origin: string): CosmosConfig {
  const lines = {
    code: 'cosmos-config',
    what: `${origin}: this is not a Cosmos-Predict2 transformer that can be run`,
    need: 'CosmosTransformer3DModel, patch (1, 2, 2), without a control branch',
    do: 'name the folder of a Cosmos-Predict2 or 2.5 transformer',
  };
  const c = checkedConfig(schema, json, lines);
  const masks = c.in_channels - c.out_channels;
  if (masks !== 0 && masks !== 1) {
    const have = `in_channels ${c.in_channels}, out_channels ${c.out_channels}`;
    throw new SkipstoneError({ ...lines, have, need: 'as many channels in as out, or one more' });
  }
  if (c.use_crossattn_projection && c.encoder_hidden_states_channels !== c.text_embed_dim) {
    const have = `encoder_hidden_states_channels ${c.encoder_hidden_states_channels}`;
    throw new SkipstoneError({ ...lines, have, need: `${c.text_embed_dim}, text_embed_dim` });
  }
  const width = c.num_attention_heads * c.attention_head_dim;
  const [frames, height, columns] = c.max_size;
  return {
    heads: c.num_attention_heads,
    headWidth: c.attention_head_dim,
    width,
    channels: c.out_channels,
    conditionMask: masks === 1,
    paddingMask: c.concat_padding_mask,
    blocks: c.num_layers,
    feedForward: Math.floor(width * c.mlp_ratio),
    textWidth: c.text_embed_dim,
    projectedFrom: c.use_crossattn_projection ? c.crossattn_proj_in_channels : undefined,
    squeeze: c.adaln_lora_dim,
    positions: [frames, Math.floor(height / 2), Math.floor(columns / 2)],
    ropeScale: c.rope_scale,
    learnablePositions: c.extra_pos_embed_type === 'learnable',
  };
}
