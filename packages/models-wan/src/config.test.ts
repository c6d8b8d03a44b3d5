import { expect, test } from 'vitest';
import { wanConfig } from './config.js';
import { configOfSize, WAN_SIZES } from './sizes.js';

/** Every field of `WanTransformer3DModel.__init__` (diffusers 58eb52c0), and what saving adds. */
const SAVED = {
  ...{ _diffusers_version: '0.36.0', _name_or_path: 'Wan-AI/Wan2.1', torch_dtype: 'bfloat16' },
  ...{ rope_max_seq_len: 1024, pos_embed_seq_len: null },
};

test.each(WAN_SIZES)('takes all that diffusers saves: $name', (size) => {
  const plain = wanConfig(configOfSize(size), size.name);
  expect(wanConfig({ ...configOfSize(size), ...SAVED }, size.name)).toEqual(plain);
  const early = { add_img_emb: size.imageWidth !== undefined, window_size: [-1, -1] };
  expect(wanConfig({ ...configOfSize(size), ...early }, size.name)).toEqual(plain);
});
