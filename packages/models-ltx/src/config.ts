import { checkedConfig, SkipstoneError } from '@skipstone/core';
import { z } from 'zod';

const count = z.int().positive();

/** The fields of a `config.json` (diffusers) that the arithmetic depends on, with the reference's defaults. */
const schema = z.strictObject({
  _class_name: z.literal('LTX2VideoTransformer3DModel').optional(),
  in_channels: count.default(128),
  out_channels: count.default(128),
  patch_size: z.literal(1).default(1),
  patch_size_t: z.literal(1).default(1),
  num_attention_heads: count.default(32),
  attention_head_dim: count.multipleOf(2).default(128),
  cross_attention_dim: count.default(4096),
  gated_attn: z.boolean().default(false),
  cross_attn_mod: z.boolean().default(false),
  audio_in_channels: count.default(128),
  audio_out_channels: count.default(128),
  audio_patch_size: z.literal(1).default(1),
  audio_patch_size_t: z.literal(1).default(1),
  audio_num_attention_heads: count.default(32),
  audio_attention_head_dim: count.multipleOf(2).default(64),
  audio_cross_attention_dim: count.default(2048),
  audio_gated_attn: z.boolean().default(false),
  audio_cross_attn_mod: z.boolean().default(false),
  num_layers: count.default(48),
  activation_fn: z.literal('gelu-approximate').default('gelu-approximate'),
  qk_norm: z.literal('rms_norm_across_heads').default('rms_norm_across_heads'),
  norm_elementwise_affine: z.literal(false).default(false),
  norm_eps: z.number().positive().default(1e-6),
  caption_channels: count.default(3840),
  attention_bias: z.literal(true).default(true),
  attention_out_bias: z.literal(true).default(true),
  ff_bias: z.boolean().default(true),
  audio_ff_bias: z.boolean().default(true),
  use_prompt_embeddings: z.boolean().default(true),
  use_prompt_adaln_single: z.boolean().default(true),
  use_keyframes_abs_pos_embedding: z.boolean().default(false),
  perturbed_attn: z.boolean().default(false),
  timestep_scale_multiplier: z.number().positive().default(1000),
  cross_attn_timestep_scale_multiplier: z.number().positive().default(1000),
  rope_type: z.enum(['split', 'interleaved']).default('interleaved'),
  rope_theta: z.number().positive().default(10000),
  /** Frequencies in float32 differ; no published model has them. */
  rope_double_precision: z.literal(true).default(true),
  causal_offset: z.int().min(0).default(1),
  vae_scale_factors: z.tuple([count, count, count]).default([8, 32, 32]),
  pos_embed_max_pos: z.number().positive().default(20),
  base_height: z.number().positive().default(2048),
  base_width: z.number().positive().default(2048),
  audio_pos_embed_max_pos: z.number().positive().default(20),
  audio_scale_factor: count.default(4),
  audio_sampling_rate: count.default(16000),
  audio_hop_length: count.default(160),
});

/** One of the two streams. */
export interface LtxStream {
  /** P, values of a token in and out. */
  readonly channels: number;
  /** H, heads; K, width of a head; D = H·K. */
  readonly heads: number;
  readonly headWidth: number;
  readonly width: number;
  /** Width of the text that its cross-attention reads. */
  readonly textWidth: number;
  /** Attentions scale each head by 2·sigmoid of a product of their input. */
  readonly gated: boolean;
  /** Queries of the text attention are modulated and its result gated: 9 rows of modulation, not 6. */
  readonly modulatedText: boolean;
  /** Feed-forward products have a bias. */
  readonly feedForwardBias: boolean;
}

export interface LtxConfig {
  readonly video: LtxStream;
  readonly audio: LtxStream;
  readonly blocks: number;
  readonly eps: number;
  /** Width of encoded text that the transformer projects itself (2.0); `undefined` where connectors did. */
  readonly projectedFrom: number | undefined;
  /** The noise level modulates the text that blocks read (2.3): by it, or by rows of the block alone. */
  readonly promptClock: boolean;
  /** A learned embedding of the first latent frame lies in the checkpoint (2.5). */
  readonly keyframes: boolean;
  /** The reference lets spatio-temporal guidance skip self-attentions of this model. */
  readonly perturbed: boolean;
  /** The gates between the streams read the timestep times this. */
  readonly gateTime: number;
  readonly rotary: LtxRotary;
}

export interface LtxRotary {
  readonly pairs: 'adjacent' | 'halves';
  readonly theta: number;
  /** Position that an angle's range ends at: seconds, pixels, pixels; seconds of audio. */
  readonly most: readonly [number, number, number];
  readonly mostAudio: number;
  /** Frames, rows and columns of the video to a latent one, and how far the first frame stands alone. */
  readonly scale: readonly [number, number, number];
  readonly causalOffset: number;
  readonly audio: { readonly scale: number; readonly rate: number; readonly hop: number };
}

/** Reads a `config.json`; fields that are unknown, or of models that are not supported, are errors, never ignored. */
export function ltxConfig(json: unknown, origin: string): LtxConfig {
  const lines = {
    code: 'ltx-config',
    what: `${origin}: this is not an LTX-2 transformer that can be run`,
    need: 'LTX2VideoTransformer3DModel, patches of one, rotary frequencies in double precision',
    do: 'name the folder of an LTX-2 transformer',
  };
  const c = checkedConfig(schema, json, lines);
  for (const [one, other] of [
    ['in_channels', 'out_channels'],
    ['audio_in_channels', 'audio_out_channels'],
  ] as const) {
    if (c[one] === c[other]) continue;
    const have = `${one} ${c[one]}, ${other} ${c[other]}`;
    throw new SkipstoneError({ ...lines, have, need: 'as many channels in as out' });
  }
  return {
    video: {
      channels: c.in_channels,
      heads: c.num_attention_heads,
      headWidth: c.attention_head_dim,
      width: c.num_attention_heads * c.attention_head_dim,
      textWidth: c.cross_attention_dim,
      gated: c.gated_attn,
      modulatedText: c.cross_attn_mod,
      feedForwardBias: c.ff_bias,
    },
    audio: {
      channels: c.audio_in_channels,
      heads: c.audio_num_attention_heads,
      headWidth: c.audio_attention_head_dim,
      width: c.audio_num_attention_heads * c.audio_attention_head_dim,
      textWidth: c.audio_cross_attention_dim,
      gated: c.audio_gated_attn,
      modulatedText: c.audio_cross_attn_mod,
      feedForwardBias: c.audio_ff_bias,
    },
    blocks: c.num_layers,
    eps: c.norm_eps,
    projectedFrom: c.use_prompt_embeddings ? c.caption_channels : undefined,
    promptClock: c.use_prompt_adaln_single,
    keyframes: c.use_keyframes_abs_pos_embedding,
    perturbed: c.perturbed_attn,
    gateTime: c.cross_attn_timestep_scale_multiplier / c.timestep_scale_multiplier,
    rotary: {
      pairs: c.rope_type === 'split' ? 'halves' : 'adjacent',
      theta: c.rope_theta,
      most: [c.pos_embed_max_pos, c.base_height, c.base_width],
      mostAudio: c.audio_pos_embed_max_pos,
      scale: c.vae_scale_factors,
      causalOffset: c.causal_offset,
      audio: { scale: c.audio_scale_factor, rate: c.audio_sampling_rate, hop: c.audio_hop_length },
    },
  };
}

/** The text that blocks read is modulated: in both streams if in one. */
export const modulatesText = ({ video, audio }: LtxConfig): boolean =>
  video.modulatedText || audio.modulatedText;
