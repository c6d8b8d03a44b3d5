/**
 * Names of the original Wan checkpoints → diffusers' names. The three norms of a block are a rename cycle
 * (original norm3 is diffusers' norm2, the only one with tensors), and `head.modulation` must be met before
 * the generic `modulation`; both follow from matching whole names.
 */
const TOP: Readonly<Record<string, string>> = {
  patch_embedding: 'patch_embedding',
  'time_embedding.0': 'condition_embedder.time_embedder.linear_1',
  'time_embedding.2': 'condition_embedder.time_embedder.linear_2',
  'time_projection.1': 'condition_embedder.time_proj',
  'text_embedding.0': 'condition_embedder.text_embedder.linear_1',
  'text_embedding.2': 'condition_embedder.text_embedder.linear_2',
  'img_emb.proj.0': 'condition_embedder.image_embedder.norm1',
  'img_emb.proj.1': 'condition_embedder.image_embedder.ff.net.0.proj',
  'img_emb.proj.3': 'condition_embedder.image_embedder.ff.net.2',
  'img_emb.proj.4': 'condition_embedder.image_embedder.norm2',
  'head.head': 'proj_out',
};

const IN_BLOCK: Readonly<Record<string, string>> = {
  'self_attn.q': 'attn1.to_q',
  'self_attn.k': 'attn1.to_k',
  'self_attn.v': 'attn1.to_v',
  'self_attn.o': 'attn1.to_out.0',
  'self_attn.norm_q': 'attn1.norm_q',
  'self_attn.norm_k': 'attn1.norm_k',
  'cross_attn.q': 'attn2.to_q',
  'cross_attn.k': 'attn2.to_k',
  'cross_attn.v': 'attn2.to_v',
  'cross_attn.o': 'attn2.to_out.0',
  'cross_attn.norm_q': 'attn2.norm_q',
  'cross_attn.norm_k': 'attn2.norm_k',
  'cross_attn.k_img': 'attn2.add_k_proj',
  'cross_attn.v_img': 'attn2.add_v_proj',
  'cross_attn.norm_k_img': 'attn2.norm_added_k',
  'ffn.0': 'ffn.net.0.proj',
  'ffn.2': 'ffn.net.2',
  norm3: 'norm2',
};

/** The diffusers name of a tensor; names that are not the original layout's are handed back as they are. */
export function diffusersName(name: string): string {
  if (name === 'head.modulation') return 'scale_shift_table';
  const block = /^blocks\.(\d+)\.(.+)$/.exec(name);
  if (block?.[2] === 'modulation') return `blocks.${block[1]}.scale_shift_table`;
  const rest = block?.[2] ?? name;
  const dot = rest.lastIndexOf('.');
  const [module, part] = [rest.slice(0, dot), rest.slice(dot + 1)];
  const renamed = block ? IN_BLOCK[module] : TOP[module];
  if (!renamed) return name;
  return block ? `blocks.${block[1]}.${renamed}.${part}` : `${renamed}.${part}`;
}
