import { blocksOf, type Checkpoint, publishedSize } from '@skipstone/core';

/** A published transformer: what its `config.json` says beside what all have in common. */
export interface CosmosSize {
  readonly name: string;
  readonly heads: number;
  readonly blocks: number;
  /** Latent channels, and the condition mask. */
  readonly channelsIn: number;
  readonly ropeScale: readonly [number, number, number];
  /** Width of encoded text before its projection. */
  readonly projectedFrom?: number;
  readonly parameters: number;
  readonly source: string;
}

const CONVERSION =
  'diffusers 58eb52c0, scripts/convert_cosmos_to_diffusers.py; parameters counted from the shapes';

/** Every published size. `parameters` is held against the shapes that a pass claims (sizes.test.ts). */
export const COSMOS_SIZES: readonly CosmosSize[] = [
  {
    name: 'cosmos-predict2-2b-text2image',
    ...{ heads: 16, blocks: 28, channelsIn: 16, ropeScale: [1, 4, 4] },
    parameters: 1_956_405_248,
    source: CONVERSION,
  },
  {
    name: 'cosmos-predict2-14b-text2image',
    ...{ heads: 40, blocks: 36, channelsIn: 16, ropeScale: [1, 4, 4] },
    parameters: 14_265_265_152,
    source: CONVERSION,
  },
  {
    name: 'cosmos-predict2-2b-video2world',
    ...{ heads: 16, blocks: 28, channelsIn: 17, ropeScale: [1, 3, 3] },
    parameters: 1_956_413_440,
    source: CONVERSION,
  },
  {
    name: 'cosmos-predict2-14b-video2world',
    ...{ heads: 40, blocks: 36, channelsIn: 17, ropeScale: [20 / 24, 2, 2] },
    parameters: 14_265_285_632,
    source: CONVERSION,
  },
  {
    name: 'cosmos-predict2.5-2b',
    ...{ heads: 16, blocks: 28, channelsIn: 17, ropeScale: [1, 3, 3], projectedFrom: 100_352 },
    parameters: 2_059_174_912,
    source: CONVERSION,
  },
  {
    name: 'cosmos-predict2.5-14b',
    ...{ heads: 40, blocks: 36, channelsIn: 17, ropeScale: [1, 3, 3], projectedFrom: 100_352 },
    parameters: 14_368_047_104,
    source: CONVERSION,
  },
];

const HEAD_WIDTH = 128;

/** The `config.json` of a size. */
export function configOfSize(size: CosmosSize): Readonly<Record<string, unknown>> {
  return {
    _class_name: 'CosmosTransformer3DModel',
    in_channels: size.channelsIn,
    out_channels: 16,
    num_attention_heads: size.heads,
    attention_head_dim: HEAD_WIDTH,
    num_layers: size.blocks,
    mlp_ratio: 4,
    text_embed_dim: 1024,
    adaln_lora_dim: 256,
    max_size: [128, 240, 240],
    patch_size: [1, 2, 2],
    rope_scale: size.ropeScale,
    concat_padding_mask: true,
    extra_pos_embed_type: null,
    ...(size.projectedFrom === undefined
      ? {}
      : { use_crossattn_projection: true, crossattn_proj_in_channels: size.projectedFrom }),
  };
}

/** The published size that a checkpoint (under diffusers' names) has: the original releases have no `config.json`. */
export function sizeOfCheckpoint({ tensors }: Checkpoint, origin: string): CosmosSize {
  const [width = 0, patch = 0] = tensors.get('patch_embed.proj.weight')?.shape ?? [];
  const projectedFrom = tensors.get('crossattn_proj.0.weight')?.shape[1];
  const blocks = blocksOf(tensors.keys(), 'transformer_blocks.');
  // Four values of a token in every channel, the padding mask's among them.
  const channelsIn = patch / 4 - 1;
  return publishedSize(
    COSMOS_SIZES,
    (size) =>
      size.heads * HEAD_WIDTH === width &&
      size.blocks === blocks &&
      size.channelsIn === channelsIn &&
      size.projectedFrom === projectedFrom,
    {
      ...{ code: 'cosmos-size', origin },
      have: `width ${width}, ${blocks} blocks, ${channelsIn} channels${projectedFrom ? `, text of ${projectedFrom}` : ''}`,
    },
  );
}
