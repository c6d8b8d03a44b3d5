import type { HostTensor } from '@skipstone/core';
import type { GoldenEdits } from '@skipstone/golden';

/** diffusers' names → the original's, written down apart from the adapter's own table. */
const BACK: readonly (readonly [RegExp, string])[] = [
  [/^patch_embed\.proj\./, 'x_embedder.proj.1.'],
  [/^time_embed\.t_embedder\./, 't_embedder.1.'],
  [/^time_embed\.norm\./, 't_embedding_norm.'],
  [/^norm_out\.linear_/, 'final_layer.adaln_modulation.'],
  [/^proj_out\./, 'final_layer.linear.'],
  [/^learnable_pos_embed\./, 'extra_pos_embedder.'],
  [/^transformer_blocks\./, 'blocks.'],
  [/\.norm1\.linear_/, '.adaln_modulation_self_attn.'],
  [/\.norm2\.linear_/, '.adaln_modulation_cross_attn.'],
  [/\.norm3\.linear_/, '.adaln_modulation_mlp.'],
  [/\.attn1\./, '.self_attn.'],
  [/\.attn2\./, '.cross_attn.'],
  [/\.to_([qkv])\./, '.$1_proj.'],
  [/\.to_out\.0\./, '.output_proj.'],
  [/\.norm_([qk])\./, '.$1_norm.'],
  [/\.ff\.net\.0\.proj\./, '.mlp.layer1.'],
  [/\.ff\.net\.2\./, '.mlp.layer2.'],
];

const originalName = (name: string): string =>
  `net.${BACK.reduce((known, [from, to]) => known.replace(from, to), name)}`;

/** What the original training saved beside the weights. */
const BESIDE: Readonly<Record<string, HostTensor>> = {
  'net.accum_iteration': { type: 'int64', shape: [1], data: new BigInt64Array(1) },
  'net.pos_embedder.seq': { type: 'float32', shape: [4], data: new Float32Array(4) },
  'net.blocks.0.self_attn.attn_op._extra_state': { type: 'uint8', shape: [2], data: new Uint8Array(2) },
};

/** A golden folder as its original release: other names, and what lies beside the weights. */
export const ORIGINAL: GoldenEdits = { rename: originalName, beside: BESIDE };
