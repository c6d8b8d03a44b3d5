/**
 * Names of the original checkpoints → diffusers' names. Source: convert_cosmos_to_diffusers.py, and
 * nvidia-cosmos/cosmos-predict2 661da477.
 */
const TOP: Readonly<Record<string, string>> = {
  'x_embedder.proj.1': 'patch_embed.proj',
  't_embedder.1.linear_1': 'time_embed.t_embedder.linear_1',
  't_embedder.1.linear_2': 'time_embed.t_embedder.linear_2',
  t_embedding_norm: 'time_embed.norm',
  'final_layer.adaln_modulation.1': 'norm_out.linear_1',
  'final_layer.adaln_modulation.2': 'norm_out.linear_2',
  'final_layer.linear': 'proj_out',
};

const IN_BLOCK: Readonly<Record<string, string>> = {
  'adaln_modulation_self_attn.1': 'norm1.linear_1',
  'adaln_modulation_self_attn.2': 'norm1.linear_2',
  'adaln_modulation_cross_attn.1': 'norm2.linear_1',
  'adaln_modulation_cross_attn.2': 'norm2.linear_2',
  'adaln_modulation_mlp.1': 'norm3.linear_1',
  'adaln_modulation_mlp.2': 'norm3.linear_2',
  'self_attn.q_proj': 'attn1.to_q',
  'self_attn.k_proj': 'attn1.to_k',
  'self_attn.v_proj': 'attn1.to_v',
  'self_attn.output_proj': 'attn1.to_out.0',
  'self_attn.q_norm': 'attn1.norm_q',
  'self_attn.k_norm': 'attn1.norm_k',
  'cross_attn.q_proj': 'attn2.to_q',
  'cross_attn.k_proj': 'attn2.to_k',
  'cross_attn.v_proj': 'attn2.to_v',
  'cross_attn.output_proj': 'attn2.to_out.0',
  'cross_attn.q_norm': 'attn2.norm_q',
  'cross_attn.k_norm': 'attn2.norm_k',
  'mlp.layer1': 'ff.net.0.proj',
  'mlp.layer2': 'ff.net.2',
};

/** What the original training saved beside the weights; no pass reads it. */
export const NO_WEIGHTS: readonly RegExp[] = [
  /^accum_(video_sample_counter|image_sample_counter|iteration|train_in_hours)$/,
  /^pos_embedder\.(seq|dim_spatial_range|dim_temporal_range)$/,
  /_extra_state$/,
];

/** A tensor that no other family has. */
export const MARKER = 'time_embed.t_embedder.linear_1.weight';

/** The diffusers name of a tensor; diffusers' own names come back as they are. */
export function diffusersName(name: string): string {
  const [, index, inside] = /^blocks\.(\d+)\.(.+)$/.exec(name) ?? [];
  const rest = inside ?? name;
  const dot = rest.lastIndexOf('.');
  const [module, part] = [rest.slice(0, dot), rest.slice(dot + 1)];
  const renamed = index === undefined ? TOP[module] : IN_BLOCK[module];
  if (renamed === undefined) return name.replace(/^extra_pos_embedder\./, 'learnable_pos_embed.');
  return index === undefined ? `${renamed}.${part}` : `transformer_blocks.${index}.${renamed}.${part}`;
}
