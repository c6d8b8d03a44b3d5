import { checkedJson, type LatentStatistics, SkipstoneError } from '@skipstone/core';
import { z } from 'zod';
import { PUBLISHED } from './statistics.js';

const count = z
  .int()
  .positive()
  .max(2 ** 14);

const schema = z.object({
  _class_name: z.literal('AutoencoderKLWan').optional(),
  base_dim: count.default(96),
  decoder_base_dim: count.nullish(),
  z_dim: count.default(16),
  dim_mult: z.array(count).min(2).max(8).default([1, 2, 4, 4]),
  num_res_blocks: count.default(2),
  attn_scales: z.array(z.never()).max(0).optional(),
  temperal_downsample: z.array(z.boolean()).min(1).max(7).default([false, true, true]),
  dropout: z.number().optional(),
  latents_mean: z.array(z.number()).optional(),
  latents_std: z.array(z.number().positive()).optional(),
  is_residual: z.boolean().default(false),
  in_channels: z.union([z.literal(3), z.literal(12)]).default(3),
  out_channels: z.union([z.literal(3), z.literal(12)]).default(3),
  patch_size: z.literal(2).nullish(),
  clip_output: z.literal(true).optional(),
});

/** The autoencoder of Wan 2.1 (and of Cosmos-Predict2) or of Wan 2.2. */
export interface WanVaeConfig {
  /** Channels of latents. */
  readonly channels: number;
  /** Widths of the encoder's levels, from pixels to latents, and of the decoder's, from latents to pixels. */
  readonly down: readonly number[];
  readonly up: readonly number[];
  /** Residual blocks of a level of the encoder; the decoder has one more. */
  readonly blocks: number;
  /** For each level of the encoder but the last: frames are halved too. */
  readonly temporal: readonly boolean[];
  /** Wan 2.2: levels have shortcuts without weights around them. */
  readonly residual: boolean;
  /** Pixels of a side that are one position for the convolutions: 1, or 2 in Wan 2.2. */
  readonly patch: number;
  /** Of latents as the denoiser has them, for each channel. */
  readonly statistics: LatentStatistics;
}

/** Reads a `config.json`. Error `codec-config`. */
export function wanVaeConfig(json: unknown, origin: string): WanVaeConfig {
  const lines = {
    code: 'codec-config',
    what: `${origin}: this is not an autoencoder of Wan that can be run`,
    need: 'AutoencoderKLWan of Wan 2.1, Wan 2.2 or Cosmos-Predict2',
    do: 'use the config.json that the autoencoder was published with',
  };
  const c = checkedJson(schema, json, lines);
  const patch = c.patch_size ?? 1;
  const { latents_mean: mean = PUBLISHED.mean, latents_std: spread = PUBLISHED.spread } = c;
  const wrong =
    c.temperal_downsample.length !== c.dim_mult.length - 1
      ? `${c.temperal_downsample.length} temperal_downsample for ${c.dim_mult.length} dim_mult`
      : mean.length !== c.z_dim || spread.length !== c.z_dim
        ? `${mean.length} latents_mean and ${spread.length} latents_std for z_dim ${c.z_dim}`
        : c.in_channels !== 3 * patch ** 2 || c.out_channels !== c.in_channels
          ? `${c.in_channels} and ${c.out_channels} channels with patch_size ${patch}`
          : undefined;
  if (wrong !== undefined) throw new SkipstoneError({ ...lines, have: wrong });
  const widths = (base: number): number[] => c.dim_mult.map((by) => base * by);
  const up = widths(c.decoder_base_dim ?? c.base_dim).reverse();
  return {
    channels: c.z_dim,
    down: [c.base_dim, ...widths(c.base_dim)],
    up: [up[0] ?? 0, ...up],
    blocks: c.num_res_blocks,
    temporal: c.temperal_downsample,
    residual: c.is_residual,
    patch,
    statistics: { mean, spread },
  };
}
