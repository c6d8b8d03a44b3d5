import { checkedJson } from '@skipstone/core';
import { z } from 'zod';

const size = z
  .int()
  .positive()
  .max(2 ** 16);

const schema = z.object({
  hidden_size: size,
  intermediate_size: size,
  num_hidden_layers: z.int().min(2).max(256),
  num_attention_heads: size,
  image_size: size,
  patch_size: size,
  hidden_act: z.literal('gelu'),
  layer_norm_eps: z.number().positive().default(1e-5),
  num_channels: z.literal(3).optional(),
});

export interface ClipConfig {
  readonly width: number;
  readonly heads: number;
  readonly feedForward: number;
  readonly blocks: number;
  /** Pixels of a side, of the image and of a patch. */
  readonly side: number;
  readonly patch: number;
  readonly eps: number;
}

/** Reads the `config.json` of a CLIP vision encoder, or of the model it is a part of. Error `encoder-config`. */
export function clipConfig(json: unknown, origin: string): ClipConfig {
  const inner = (json as { readonly vision_config?: unknown } | null)?.vision_config ?? json;
  const c = checkedJson(schema, inner, {
    code: 'encoder-config',
    what: `${origin}: this is not a CLIP vision encoder that can be run`,
    need: 'CLIPVisionModel with gelu',
    do: 'use the config.json that the encoder was published with',
  });
  return {
    width: c.hidden_size,
    heads: c.num_attention_heads,
    feedForward: c.intermediate_size,
    blocks: c.num_hidden_layers,
    side: c.image_size,
    patch: c.patch_size,
    eps: c.layer_norm_eps,
  };
}
