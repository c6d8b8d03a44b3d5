/** A Wan2.1 text-to-video transformer's `config.json`, as diffusers has it. */
export interface WanJson {
  readonly num_attention_heads: number;
  readonly attention_head_dim: number;
  readonly in_channels: number;
  readonly out_channels: number;
  readonly text_dim: number;
  readonly freq_dim: number;
  readonly ffn_dim: number;
  readonly num_layers: number;
  readonly [field: string]: unknown;
}

/** Wan2.1-T2V-1.3B. Source: config.json of Wan-AI/Wan2.1-T2V-1.3B-Diffusers. */
export const WAN_1_3B: WanJson = {
  _class_name: 'WanTransformer3DModel',
  patch_size: [1, 2, 2],
  num_attention_heads: 12,
  attention_head_dim: 128,
  in_channels: 16,
  out_channels: 16,
  text_dim: 4096,
  freq_dim: 256,
  ffn_dim: 8960,
  num_layers: 30,
  cross_attn_norm: true,
  qk_norm: 'rms_norm_across_heads',
  eps: 1e-6,
};

/** Its widths with four of its thirty blocks: what the table of measurements calls `wan-1.3b-width`. */
export const WAN_1_3B_WIDTH: WanJson = { ...WAN_1_3B, num_layers: 4 };

export type Shapes = Readonly<Record<string, readonly number[]>>;

/** Names and shapes of every tensor in diffusers' layout (models.md A.2). */
export function wanShapes(config: WanJson): Shapes {
  const D = config.num_attention_heads * config.attention_head_dim;
  const at = 'condition_embedder';
  const shapes: Record<string, readonly number[]> = {
    ...linear(`${at}.time_embedder.linear_1`, D, config.freq_dim),
    ...linear(`${at}.time_embedder.linear_2`, D, D),
    ...linear(`${at}.time_proj`, 6 * D, D),
    ...linear(`${at}.text_embedder.linear_1`, D, config.text_dim),
    ...linear(`${at}.text_embedder.linear_2`, D, D),
    ...linear('proj_out', 4 * config.out_channels, D),
    'patch_embedding.weight': [D, config.in_channels, 1, 2, 2],
    'patch_embedding.bias': [D],
    scale_shift_table: [1, 2, D],
  };
  for (let i = 0; i < config.num_layers; i++) {
    Object.assign(shapes, blockShapes(`blocks.${i}`, D, config.ffn_dim));
  }
  return shapes;
}

function blockShapes(at: string, D: number, F: number): Shapes {
  const attention = (path: string): Shapes => ({
    ...linear(`${path}.to_q`, D, D),
    ...linear(`${path}.to_k`, D, D),
    ...linear(`${path}.to_v`, D, D),
    ...linear(`${path}.to_out.0`, D, D),
    [`${path}.norm_q.weight`]: [D],
    [`${path}.norm_k.weight`]: [D],
  });
  return {
    [`${at}.scale_shift_table`]: [1, 6, D],
    [`${at}.norm2.weight`]: [D],
    [`${at}.norm2.bias`]: [D],
    ...attention(`${at}.attn1`),
    ...attention(`${at}.attn2`),
    ...linear(`${at}.ffn.net.0.proj`, F, D),
    ...linear(`${at}.ffn.net.2`, D, F),
  };
}

function linear(path: string, out: number, width: number): Shapes {
  return { [`${path}.weight`]: [out, width], [`${path}.bias`]: [out] };
}
