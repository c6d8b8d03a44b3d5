import { checkedConfig, SkipstoneError } from '@skipstone/core';
import { z } from 'zod';

const count = z.int().positive();

/** The fields of a `config.json` (diffusers) of text connectors, with the reference's defaults. */
const schema = z.strictObject({
  _class_name: z.literal('LTX2TextConnectors').optional(),
  caption_channels: count.default(3840),
  text_proj_in_factor: count.default(49),
  video_connector_num_attention_heads: count.default(30),
  video_connector_attention_head_dim: count.multipleOf(2).default(128),
  video_connector_num_layers: count.default(2),
  video_connector_num_learnable_registers: count.default(128),
  audio_connector_num_attention_heads: count.default(30),
  audio_connector_attention_head_dim: count.multipleOf(2).default(128),
  audio_connector_num_layers: count.default(2),
  audio_connector_num_learnable_registers: count.default(128),
  connector_rope_base_seq_len: count.default(4096),
  rope_theta: z.number().positive().default(10000),
  rope_double_precision: z.literal(true).default(true),
  causal_temporal_positioning: z.literal(false).default(false),
  rope_type: z.enum(['split', 'interleaved']).default('interleaved'),
  per_modality_projections: z.boolean().default(false),
  video_hidden_dim: count.optional(),
  audio_hidden_dim: count.optional(),
  proj_bias: z.boolean().default(false),
  video_gated_attn: z.boolean().default(false),
  audio_gated_attn: z.boolean().default(false),
});

/** The connector of one stream. */
export interface Connector {
  readonly heads: number;
  readonly headWidth: number;
  readonly width: number;
  /** R, learned rows that stand for what a prompt does not fill. */
  readonly registers: number;
  readonly gated: boolean;
}

export interface ConnectorsConfig {
  readonly video: Connector;
  readonly audio: Connector;
  readonly blocks: number;
  /** Width of a hidden state of the text encoder, and how many are stacked. */
  readonly textWidth: number;
  readonly layers: number;
  /**
   * 2.3 and later: each stream has a projection of its own, of states that are normed token by token. 2.0: one
   * for both, of states that are normed layer by layer over the prompt.
   */
  readonly own: boolean;
  readonly projectionBias: boolean;
  readonly pairs: 'adjacent' | 'halves';
  readonly theta: number;
  /** Position that the range of angles ends at. */
  readonly most: number;
}

/** Reads a `config.json`; fields that are unknown, or of connectors that are not supported, are errors, never ignored. */
export function connectorsConfig(json: unknown, origin: string): ConnectorsConfig {
  const lines = {
    code: 'ltx-connectors-config',
    what: `${origin}: these are not text connectors of LTX-2 that can be run`,
    need: 'LTX2TextConnectors, rotary frequencies in double precision',
    do: 'name the folder of the connectors of an LTX-2 pipeline',
  };
  const c = checkedConfig(schema, json, lines);
  const video: Connector = {
    heads: c.video_connector_num_attention_heads,
    headWidth: c.video_connector_attention_head_dim,
    width: c.video_connector_num_attention_heads * c.video_connector_attention_head_dim,
    registers: c.video_connector_num_learnable_registers,
    gated: c.video_gated_attn,
  };
  const audio: Connector = {
    heads: c.audio_connector_num_attention_heads,
    headWidth: c.audio_connector_attention_head_dim,
    width: c.audio_connector_num_attention_heads * c.audio_connector_attention_head_dim,
    registers: c.audio_connector_num_learnable_registers,
    gated: c.audio_gated_attn,
  };
  const blocks = c.video_connector_num_layers;
  const wide = (c.video_hidden_dim ?? video.width) !== video.width;
  const deep = c.audio_connector_num_layers !== blocks;
  if (wide || deep || (c.audio_hidden_dim ?? audio.width) !== audio.width) {
    const have = deep
      ? `${blocks} and ${c.audio_connector_num_layers} blocks`
      : `hidden widths ${c.video_hidden_dim} and ${c.audio_hidden_dim}`;
    const need = 'as many blocks for either stream, and hidden widths of heads times head width';
    throw new SkipstoneError({ ...lines, have, need });
  }
  return {
    ...{ video, audio, blocks },
    textWidth: c.caption_channels,
    layers: c.text_proj_in_factor,
    own: c.per_modality_projections,
    projectionBias: c.proj_bias,
    pairs: c.rope_type === 'split' ? 'halves' : 'adjacent',
    theta: c.rope_theta,
    most: c.connector_rope_base_seq_len,
  };
}
