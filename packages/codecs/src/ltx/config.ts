import { checkedJson, SkipstoneError } from '@skipstone/core';
import { z } from 'zod';

const count = z
  .int()
  .positive()
  .max(2 ** 14);
const counts = z.array(count).min(1).max(9);
const kinds = z
  .array(z.enum(['spatial', 'temporal', 'spatiotemporal']))
  .min(1)
  .max(8);
const allTrue = z.array(z.literal(true)).optional();
const allFalse = z.array(z.literal(false)).optional();

/** Defaults are those of the reference. */
const schema = z.object({
  _class_name: z.literal('AutoencoderKLLTX2Video').optional(),
  in_channels: z.literal(3).optional(),
  out_channels: z.literal(3).optional(),
  latent_channels: count.default(128),
  block_out_channels: counts.default([256, 512, 1024, 2048]),
  decoder_block_out_channels: counts.default([256, 512, 1024]),
  layers_per_block: z.array(z.int().min(0).max(64)).default([4, 6, 6, 2, 2]),
  decoder_layers_per_block: z.array(z.int().min(0).max(64)).default([5, 5, 5, 5]),
  spatio_temporal_scaling: allTrue,
  decoder_spatio_temporal_scaling: allTrue,
  decoder_inject_noise: allFalse,
  downsample_type: kinds.default(['spatial', 'temporal', 'spatiotemporal', 'spatiotemporal']),
  upsample_type: kinds.default(['spatiotemporal', 'spatiotemporal', 'spatiotemporal']),
  upsample_residual: z.array(z.boolean()).default([true, true, true]),
  upsample_factor: counts.default([2, 2, 2]),
  timestep_conditioning: z.literal(false).optional(),
  patch_size: z.int().min(1).max(16).default(4),
  patch_size_t: z.literal(1).optional(),
  resnet_norm_eps: z.number().optional(),
  scaling_factor: z.literal(1).optional(),
  encoder_causal: z.literal(true).optional(),
  decoder_causal: z.literal(false).optional(),
  encoder_spatial_padding_mode: z.literal('zeros').optional(),
  decoder_spatial_padding_mode: z.enum(['zeros', 'reflect']).default('reflect'),
});

/** How a level changes frames, rows and columns. */
type Blocks = readonly [frames: number, rows: number, columns: number];

const BLOCKS: Readonly<Record<'spatial' | 'temporal' | 'spatiotemporal', Blocks>> = {
  spatial: [1, 2, 2],
  temporal: [2, 1, 1],
  spatiotemporal: [2, 2, 2],
};

export interface LtxUp {
  readonly blocks: Blocks;
  /** By how much channels shrink. */
  readonly factor: number;
  readonly residual: boolean;
  readonly layers: number;
}

export interface LtxDown {
  readonly blocks: Blocks;
  readonly out: number;
  readonly layers: number;
}

/** The video autoencoder of LTX-2. */
export interface LtxVaeConfig {
  readonly channels: number;
  readonly patch: number;
  /** Width of the decoder's middle, its layers, and its levels, from latents to pixels. */
  readonly middle: number;
  readonly middleLayers: number;
  readonly up: readonly LtxUp[];
  /** Levels of the encoder, from pixels to latents, and layers of its middle. */
  readonly down: readonly LtxDown[];
  readonly lastLayers: number;
  /** Pixels around a picture: zeros, or the picture mirrored. */
  readonly around: 'zeros' | 'reflect';
}

/** Reads a `config.json`. Error `codec-config`. */
export function ltxVaeConfig(json: unknown, origin: string): LtxVaeConfig {
  const lines = {
    code: 'codec-config',
    what: `${origin}: this is not a video autoencoder of LTX-2 that can be run`,
    need: 'AutoencoderKLLTX2Video without noise and timesteps, its encoder causal and its decoder not',
    do: 'use the config.json that the autoencoder was published with',
  };
  const c = checkedJson(schema, json, lines);
  const [ups, downs] = [c.decoder_block_out_channels.length, c.block_out_channels.length];
  const wrong = [
    [c.upsample_type, ups, 'upsample_type'],
    [c.upsample_residual, ups, 'upsample_residual'],
    [c.upsample_factor, ups, 'upsample_factor'],
    [c.decoder_layers_per_block, ups + 1, 'decoder_layers_per_block'],
    [c.downsample_type, downs, 'downsample_type'],
    [c.layers_per_block, downs + 1, 'layers_per_block'],
  ].find(([list, length]) => (list as readonly unknown[]).length !== length);
  if (wrong) throw new SkipstoneError({ ...lines, have: `${(wrong[0] as unknown[]).length} ${wrong[2]}` });
  // All but the kinds of levels are told from pixels to latents.
  const layers = [...c.decoder_layers_per_block].reverse();
  const [factors, residual] = [[...c.upsample_factor].reverse(), [...c.upsample_residual].reverse()];
  return {
    channels: c.latent_channels,
    patch: c.patch_size,
    middle: c.decoder_block_out_channels.at(-1) ?? 0,
    middleLayers: layers[0] ?? 0,
    up: c.upsample_type.map((kind, i) => ({
      blocks: BLOCKS[kind],
      factor: factors[i] ?? 1,
      residual: residual[i] ?? false,
      layers: layers[i + 1] ?? 0,
    })),
    down: c.downsample_type.map((kind, i) => ({
      blocks: BLOCKS[kind],
      out: c.block_out_channels[i] ?? 0,
      layers: c.layers_per_block[i] ?? 0,
    })),
    lastLayers: c.layers_per_block.at(-1) ?? 0,
    around: c.decoder_spatial_padding_mode,
  };
}
