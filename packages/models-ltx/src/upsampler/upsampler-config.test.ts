import { expect, it } from 'vitest';
import { upsamplerConfig } from './upsampler-config.js';

/** What the metadata of an upsampler of frames in LTX-2.5 say. */
const FRAMES = {
  ...{
    _class_name: 'LatentUpsampler',
    in_channels: 128,
    mid_channels: 512,
    num_blocks_per_stage: 4,
    dims: 3,
  },
  ...{ spatial_upsample: false, temporal_upsample: true, spatial_scale: 1, rational_resampler: true },
};

it('takes an upsampler of frames alone, which says a scale of 1', () => {
  const config = upsamplerConfig(FRAMES, 'here', 'original');
  expect(config).toMatchObject({ spatial: undefined, temporal: true, rational: false });
});

it('refuses a scale of 1 in height and width', () => {
  const both = { ...FRAMES, spatial_upsample: true, temporal_upsample: false };
  expect(() => upsamplerConfig(both, 'here', 'original')).toThrow('spatial_scale 1');
});
