/** diffusers' names → the original's, written down apart from the adapter's own table. */
const BACK: readonly (readonly [RegExp, string])[] = [
  [/^(audio_)?proj_in\./, '$1patchify_proj.'],
  [/^(audio_)?time_embed\./, '$1adaln_single.'],
  [/^(audio_)?prompt_adaln\./, '$1prompt_adaln_single.'],
  [/^av_cross_attn_(video|audio)_scale_shift\./, 'av_ca_$1_scale_shift_adaln_single.'],
  [/^av_cross_attn_video_a2v_gate\./, 'av_ca_a2v_gate_adaln_single.'],
  [/^av_cross_attn_audio_v2a_gate\./, 'av_ca_v2a_gate_adaln_single.'],
  [/\.(video|audio)_a2v_cross_attn_scale_shift_table$/, '.scale_shift_table_a2v_ca_$1'],
  [/\.norm_([qk])\./, '.$1_norm.'],
  [/^text_proj_in\./, 'TOP.aggregate_embed.'],
  [/^(video|audio)_text_proj_in\./, 'TOP.$1_aggregate_embed.'],
  [/^(video|audio)_connector\.transformer_blocks\./, '$1_embeddings_connector.transformer_1d_blocks.'],
  [/^(video|audio)_connector\./, '$1_embeddings_connector.'],
];

export function originalName(name: string): string {
  const back = BACK.reduce((known, [from, to]) => known.replace(from, to), name);
  return back.startsWith('TOP.')
    ? back.replace('TOP.', 'text_embedding_projection.')
    : `model.diffusion_model.${back}`;
}
