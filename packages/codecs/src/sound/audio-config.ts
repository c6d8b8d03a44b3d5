import { checkedJson } from '@skipstone/core';
import { z } from 'zod';

const count = z
  .int()
  .positive()
  .max(2 ** 14);

const schema = z.object({
  _class_name: z.literal('AutoencoderKLLTX2Audio').optional(),
  base_channels: count.default(128),
  output_channels: count.default(2),
  ch_mult: z.array(count).min(1).max(8).default([1, 2, 4]),
  num_res_blocks: count.default(2),
  attn_resolutions: z.union([z.null(), z.array(z.never()).max(0)]).optional(),
  latent_channels: count.default(8),
  norm_type: z.literal('pixel').optional(),
  causality_axis: z.literal('height').optional(),
  mid_block_add_attention: z.literal(false).optional(),
  mel_bins: count.default(64),
});

/** The decoder of LTX-2's sound: latents to mel spectrograms. */
export interface AudioConfig {
  readonly channels: number;
  /** Widths of levels, from sound to latents. */
  readonly widths: readonly number[];
  /** Residual blocks of a level. */
  readonly blocks: number;
  /** Channels of sound. */
  readonly out: number;
  readonly bins: number;
}

/** Reads a `config.json`. Error `codec-config`. */
export function audioConfig(json: unknown, origin: string): AudioConfig {
  const c = checkedJson(schema, json, {
    code: 'codec-config',
    what: `${origin}: this is not an autoencoder of sound that can be run`,
    need: 'AutoencoderKLLTX2Audio, causal in time, without attention',
    do: 'use the config.json that the autoencoder was published with',
  });
  return {
    channels: c.latent_channels,
    widths: c.ch_mult.map((by) => c.base_channels * by),
    blocks: c.num_res_blocks + 1,
    out: c.output_channels,
    bins: c.mel_bins,
  };
}
