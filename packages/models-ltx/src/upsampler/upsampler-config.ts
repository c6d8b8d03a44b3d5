import { checkedConfig, checkedJson, SkipstoneError } from '@skipstone/core';
import { z } from 'zod';

const count = z.int().positive();

/** What both layouts name alike. */
const shared = {
  in_channels: count.default(128),
  num_blocks_per_stage: count.default(4),
  dims: z.union([z.literal(2), z.literal(3)]).default(3),
  spatial_upsample: z.boolean().default(true),
  temporal_upsample: z.boolean().default(false),
};

/** Source: SpatialRationalResampler of diffusers 58eb52c0. */
const RATIOS = { 0.75: [3, 4], 1.5: [3, 2], 2: [2, 1], 4: [4, 1] } as const;

const scale = z.union([z.literal(0.75), z.literal(1.5), z.literal(2), z.literal(4)]);

/** Group norm has 32 groups. */
const width = count.multipleOf(32);

/** diffusers' `config.json`. Early ones say with a scale of null that the resampler is not rational. */
const diffusers = z
  .strictObject({
    _class_name: z.literal('LTX2LatentUpsamplerModel').optional(),
    ...shared,
    mid_channels: width.default(1024),
    rational_spatial_scale: scale.nullable().default(2),
    use_rational_resampler: z.boolean().optional(),
  })
  .transform(({ rational_spatial_scale: by, use_rational_resampler: rational, ...rest }) => ({
    ...rest,
    scale: by ?? 2,
    rational: rational ?? by !== null,
  }));

/** The configuration in the metadata of an original file, with the original's own defaults; more is not read. */
const original = z
  .object({
    ...shared,
    mid_channels: width.default(512),
    // 1 where only frames are made.
    spatial_scale: scale.or(z.literal(1)).default(2),
    rational_resampler: z.boolean().default(false),
  })
  .transform(({ spatial_scale, rational_resampler: rational, ...rest }) => ({
    ...rest,
    scale: spatial_scale,
    rational,
  }));

export interface UpsamplerConfig {
  /** Channels of latents. */
  readonly channels: number;
  /** Channels between its first and its last convolution. */
  readonly width: number;
  /** Residual blocks before, and again behind, the place where latents grow. */
  readonly blocks: number;
  /** Height and width grow by a/b; absent where only frames are made. */
  readonly spatial: readonly [number, number] | undefined;
  /** Frames T become 2·T − 1. */
  readonly temporal: boolean;
  /** Frames are convolved and normed one by one. */
  readonly flat: boolean;
  /** Height and width are resampled by `upsampler.conv` and a blur (2.0), not by `upsampler.0`. */
  readonly rational: boolean;
}

/** Reads a `config.json`, or what an original file's metadata say; what is not supported is an error, and so is an unknown field of a `config.json`. */
export function upsamplerConfig(
  json: unknown,
  origin: string,
  layout: 'diffusers' | 'original' = 'diffusers',
): UpsamplerConfig {
  const lines = {
    code: 'ltx-upsampler-config',
    what: `${origin}: this is not a latent upsampler of LTX-2 that can be run`,
    need: 'LTX2LatentUpsamplerModel of scale 0.75, 1.5, 2 or 4, in space, in time (over three axes) or in both',
    do: 'name the folder or the file of the upsampler of an LTX-2 release',
  };
  const c =
    layout === 'diffusers' ? checkedConfig(diffusers, json, lines) : checkedJson(original, json, lines);
  if (!c.spatial_upsample && !c.temporal_upsample) {
    throw new SkipstoneError({ ...lines, have: 'neither spatial_upsample nor temporal_upsample' });
  }
  if (c.temporal_upsample && c.dims === 2) {
    throw new SkipstoneError({ ...lines, have: 'temporal_upsample with dims 2' });
  }
  if (c.spatial_upsample && c.scale === 1) throw new SkipstoneError({ ...lines, have: 'spatial_scale 1' });
  const rational = c.rational && c.spatial_upsample && !c.temporal_upsample;
  return {
    ...{ channels: c.in_channels, width: c.mid_channels, blocks: c.num_blocks_per_stage },
    spatial: c.spatial_upsample ? (rational && c.scale !== 1 ? RATIOS[c.scale] : [2, 1]) : undefined,
    temporal: c.temporal_upsample,
    flat: c.dims === 2,
    rational,
  };
}
