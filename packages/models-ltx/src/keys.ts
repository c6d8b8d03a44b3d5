/** Modules outside the blocks: the original's name → diffusers'. */
const TOP: Readonly<Record<string, string>> = {
  patchify_proj: 'proj_in',
  audio_patchify_proj: 'audio_proj_in',
  adaln_single: 'time_embed',
  audio_adaln_single: 'audio_time_embed',
  prompt_adaln_single: 'prompt_adaln',
  audio_prompt_adaln_single: 'audio_prompt_adaln',
  av_ca_video_scale_shift_adaln_single: 'av_cross_attn_video_scale_shift',
  av_ca_audio_scale_shift_adaln_single: 'av_cross_attn_audio_scale_shift',
  av_ca_a2v_gate_adaln_single: 'av_cross_attn_video_a2v_gate',
  av_ca_v2a_gate_adaln_single: 'av_cross_attn_audio_v2a_gate',
  // Connectors, which the original keeps beside the transformer.
  video_embeddings_connector: 'video_connector',
  audio_embeddings_connector: 'audio_connector',
  'text_embedding_projection.aggregate_embed': 'text_proj_in',
  'text_embedding_projection.video_aggregate_embed': 'video_text_proj_in',
  'text_embedding_projection.audio_aggregate_embed': 'audio_text_proj_in',
};

const IN_BLOCK: readonly (readonly [RegExp, string])[] = [
  [/\.q_norm\./, '.norm_q.'],
  [/\.k_norm\./, '.norm_k.'],
  [/\.scale_shift_table_a2v_ca_(video|audio)$/, '.$1_a2v_cross_attn_scale_shift_table'],
  [/\.transformer_1d_blocks\./, '.transformer_blocks.'],
];

const CONNECTOR_PARTS = '(video_connector|audio_connector|(video_|audio_)?text_proj_in)\\.';

/** What an original file holds beside the transformer. */
export const NOT_OF_TRANSFORMER = new RegExp(
  `^(${CONNECTOR_PARTS}|(vae|audio_vae|vocoder|duration_head)\\.)`,
);

/** What it holds beside the connectors. */
export const NOT_OF_CONNECTORS = new RegExp(`^(?!${CONNECTOR_PARTS})`);

/** A tensor that no other family has. */
export const MARKER = 'audio_proj_in.weight';

/** The diffusers name of a tensor; diffusers' own names come back as they are. */
export function diffusersName(name: string): string {
  const [module = ''] = /^(text_embedding_projection\.)?[^.]+/.exec(name) ?? [];
  const renamed = `${TOP[module] ?? module}${name.slice(module.length)}`;
  return IN_BLOCK.reduce((known, [from, to]) => known.replace(from, to), renamed);
}
