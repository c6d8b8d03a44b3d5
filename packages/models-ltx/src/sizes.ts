import { blocksOf, type Checkpoint, publishedSize } from '@skipstone/core';
import type { LtxConfig } from './config.js';

/** A published transformer: what its `config.json` says beside what all have in common. */
export interface LtxSize {
  readonly name: string;
  /** Gated attention, modulated text, connectors that project text: 2.3 and later. */
  readonly later: boolean;
  /** No bias in the video's feed-forward, a learned embedding of the first frame: 2.5. */
  readonly keyframes: boolean;
  readonly parameters: number;
  /** Source: the original pipelines' defaults (models of 2.0: Lightricks/LTX-2 400fd310). */
  readonly steps: number;
  readonly source: string;
}

const CONVERSION =
  'diffusers 58eb52c0, scripts/convert_ltx2_to_diffusers.py; parameters counted from the shapes';

/** Every published size. `parameters` is held against the shapes that a pass claims (sizes.test.ts). */
export const LTX_SIZES: readonly LtxSize[] = [
  {
    ...{ name: 'ltx-2.0-19b', later: false, keyframes: false, steps: 40 },
    parameters: 18_876_174_592,
    source: CONVERSION,
  },
  {
    ...{ name: 'ltx-2.3-22b', later: true, keyframes: false, steps: 30 },
    parameters: 18_988_838_144,
    source: CONVERSION,
  },
  {
    ...{ name: 'ltx-2.5', later: true, keyframes: true, steps: 30 },
    parameters: 18_987_859_200,
    source: CONVERSION,
  },
];

const BLOCKS = 48;
const WIDTH = 4096;

/** The `config.json` of a size; what all have in common are the reference's defaults. */
export function configOfSize({ later, keyframes }: LtxSize): Readonly<Record<string, unknown>> {
  return {
    _class_name: 'LTX2VideoTransformer3DModel',
    rope_type: 'split',
    gated_attn: later,
    audio_gated_attn: later,
    cross_attn_mod: later,
    audio_cross_attn_mod: later,
    perturbed_attn: later,
    use_prompt_embeddings: !later,
    ff_bias: !keyframes,
    use_keyframes_abs_pos_embedding: keyframes,
  };
}

/** The published size of a configuration, or the one of the same kind: its usual settings serve. */
export function sizeOfConfig(config: LtxConfig): { readonly size: LtxSize; readonly exact: boolean } {
  const later = config.projectedFrom === undefined;
  const kind = LTX_SIZES.find((size) => size.later === later && size.keyframes === config.keyframes);
  const exact = kind !== undefined && config.blocks === BLOCKS && config.video.width === WIDTH;
  return { size: kind ?? (LTX_SIZES[0] as LtxSize), exact };
}

/** The published size that a checkpoint (under diffusers' names) has: original releases have no `config.json`. */
export function sizeOfCheckpoint({ tensors }: Checkpoint, origin: string): LtxSize {
  const width = tensors.get('proj_in.weight')?.shape[0] ?? 0;
  const blocks = blocksOf(tensors.keys(), 'transformer_blocks.');
  const later = tensors.has('transformer_blocks.0.attn1.to_gate_logits.weight');
  const keyframes = !tensors.has('transformer_blocks.0.ff.net.0.proj.bias');
  const have = `width ${width}, ${blocks} blocks`;
  return publishedSize(
    LTX_SIZES,
    (size) => width === WIDTH && blocks === BLOCKS && size.later === later && size.keyframes === keyframes,
    { code: 'ltx-size', origin, have },
  );
}
