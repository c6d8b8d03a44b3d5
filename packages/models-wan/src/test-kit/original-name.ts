/** diffusers name → original name, written down apart from the table under test. */
export function originalName(name: string): string {
  if (name === 'scale_shift_table') return 'head.modulation';
  const pair = PAIRS.find(([pattern]) => pattern.test(name));
  return pair ? name.replace(...pair) : name;
}

const PAIRS: readonly (readonly [RegExp, string])[] = [
  [/^condition_embedder\.text_embedder\.linear_1/, 'text_embedding.0'],
  [/^condition_embedder\.text_embedder\.linear_2/, 'text_embedding.2'],
  [/^condition_embedder\.time_embedder\.linear_1/, 'time_embedding.0'],
  [/^condition_embedder\.time_embedder\.linear_2/, 'time_embedding.2'],
  [/^condition_embedder\.time_proj/, 'time_projection.1'],
  [/^condition_embedder\.image_embedder\.norm1/, 'img_emb.proj.0'],
  [/^condition_embedder\.image_embedder\.ff\.net\.0\.proj/, 'img_emb.proj.1'],
  [/^condition_embedder\.image_embedder\.ff\.net\.2/, 'img_emb.proj.3'],
  [/^condition_embedder\.image_embedder\.norm2/, 'img_emb.proj.4'],
  [/^proj_out/, 'head.head'],
  [/\.scale_shift_table$/, '.modulation'],
  [/\.attn1\.to_out\.0/, '.self_attn.o'],
  [/\.attn2\.to_out\.0/, '.cross_attn.o'],
  [/\.attn2\.add_([kv])_proj/, '.cross_attn.$1_img'],
  [/\.attn2\.norm_added_k/, '.cross_attn.norm_k_img'],
  [/\.attn1\.(?:to_)?/, '.self_attn.'],
  [/\.attn2\.(?:to_)?/, '.cross_attn.'],
  [/\.ffn\.net\.0\.proj/, '.ffn.0'],
  [/\.ffn\.net\.2/, '.ffn.2'],
  [/\.norm2\./, '.norm3.'],
];
