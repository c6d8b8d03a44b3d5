import { expect, test } from 'vitest';
import { cosmosConfig } from './config.js';
import { COSMOS_SIZES, configOfSize } from './sizes.js';

/** Fields of `CosmosTransformer3DModel.__init__` (diffusers 58eb52c0) at their defaults, and what saving adds. */
const SAVED = {
  ...{ _diffusers_version: '0.36.0', _name_or_path: 'nvidia/Cosmos-Predict2.5-2B', torch_dtype: 'bfloat16' },
  ...{ encoder_hidden_states_channels: 1024, controlnet_block_every_n: null },
  ...{ img_context_dim_in: null, img_context_num_tokens: 256, img_context_dim_out: 2048 },
};

test.each(COSMOS_SIZES)('takes all that diffusers saves: $name', (size) => {
  const config = configOfSize(size);
  const plain = cosmosConfig(config, size.name);
  const defaults = { use_crossattn_projection: false, crossattn_proj_in_channels: 1024 };
  expect(cosmosConfig({ ...defaults, ...config, ...SAVED }, size.name)).toEqual(plain);
});
