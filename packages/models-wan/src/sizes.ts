import { blocksOf, type Checkpoint, type ModelDefaults, publishedSize } from '@skipstone/core';
import type { WanConfig } from './config.js';

/** A published model: what its transformer is like, and how its authors run it. */
export interface WanSize {
  readonly name: string;
  /** Heads of 128, so the width is 128 times this. */
  readonly heads: number;
  readonly feedForward: number;
  readonly blocks: number;
  readonly channelsIn: number;
  readonly channels: number;
  readonly imageWidth?: number;
  /** One transformer, or one for high and one for low noise. */
  readonly experts: 1 | 2;
  /** Of one transformer. */
  readonly parameters: number;
  readonly usual: ModelDefaults;
  /** Guidance of each expert, high noise first, where they have their own. */
  readonly guidance?: readonly [number, number];
  /** The first expert computes while the timestep is at least 1000 times this. */
  readonly boundary?: number;
}

/** Channels of the Wan2.2 autoencoder, which halves height and width once more than Wan2.1's. */
export const WAN22_CHANNELS = 48;
/** Condition channels: a mask of 4 and a clean video of 16. */
const WITH_CONDITION = 36;
/** Of CLIP ViT-H/14. */
const CLIP_WIDTH = 1280;

/**
 * Wan2.1 text to video. Source: Wan-Video/Wan2.1 9737cba9, generate.py and wan/configs: 50 steps, guidance 5,
 * shift 5 at every size, UniPC, 81 frames at 16 a second; 832x480 is the size that 1.3B and 14B share.
 * A pipeline's own `flow_shift` goes before this shift: diffusers' files and documents have 3 for 480p.
 */
const WAN21: ModelDefaults = {
  width: 832,
  height: 480,
  frames: 81,
  framesPerSecond: 16,
  steps: 50,
  guidance: 5,
  guidanceForm: 'uncond',
  shift: 5,
  sampler: 'unipc',
  // Wan has no Euler of its own; this grid is shifted once, where diffusers' `euler-thousand` shifts its ends twice.
  schedules: { unipc: 'unipc-flow', euler: 'euler-flow' },
};

/** Source: Wan-Video/Wan2.1 9737cba9, generate.py: image to video takes 40 steps, and shift 3 at 480p. */
const WAN21_IMAGE: ModelDefaults = { ...WAN21, steps: 40, shift: 3 };

/** Source: Wan-Video/Wan2.2 42bf4cfa, wan/configs/wan_t2v_A14B.py and wan_i2v_A14B.py. */
const A14B: ModelDefaults = { ...WAN21, width: 1280, height: 720, steps: 40, guidance: 4, shift: 12 };
const A14B_IMAGE: ModelDefaults = { ...A14B, guidance: 3.5, shift: 5 };

/** Source: Wan-Video/Wan2.2 42bf4cfa, wan/configs/wan_ti2v_5B.py: 1280x704, 121 frames at 24 a second. */
const TI2V: ModelDefaults = { ...WAN21, width: 1280, height: 704, frames: 121, framesPerSecond: 24 };

const SMALL = { heads: 12, feedForward: 8960, blocks: 30, channelsIn: 16, channels: 16, experts: 1 } as const;
const LARGE = {
  heads: 40,
  feedForward: 13824,
  blocks: 40,
  channelsIn: 16,
  channels: 16,
  experts: 1,
} as const;
const FROM_IMAGE = { ...LARGE, channelsIn: WITH_CONDITION } as const;

/**
 * Sizes. Source: diffusers 58eb52c0, scripts/convert_wan_to_diffusers.py; parameters counted from the tensors
 * of that configuration. Wan2.2's boundaries: its wan/configs.
 */
export const WAN_SIZES: readonly WanSize[] = [
  { name: 'wan2.1-t2v-1.3b', ...SMALL, parameters: 1_418_996_800, usual: WAN21 },
  { name: 'wan2.1-t2v-14b', ...LARGE, parameters: 14_288_491_584, usual: WAN21 },
  {
    name: 'wan2.1-i2v-14b',
    ...FROM_IMAGE,
    imageWidth: CLIP_WIDTH,
    parameters: 16_394_878_784,
    usual: WAN21_IMAGE,
  },
  {
    name: 'wan2.2-t2v-a14b',
    ...LARGE,
    experts: 2,
    parameters: 14_288_491_584,
    usual: A14B,
    guidance: [4, 3],
    boundary: 0.875,
  },
  {
    name: 'wan2.2-i2v-a14b',
    ...FROM_IMAGE,
    experts: 2,
    parameters: 14_288_901_184,
    usual: A14B_IMAGE,
    guidance: [3.5, 3.5],
    boundary: 0.9,
  },
  {
    name: 'wan2.2-ti2v-5b',
    heads: 24,
    feedForward: 14336,
    blocks: 30,
    channelsIn: WAN22_CHANNELS,
    channels: WAN22_CHANNELS,
    experts: 1,
    parameters: 4_999_787_712,
    usual: TI2V,
  },
];

/** The `config.json` of a size, as diffusers writes it. */
export function configOfSize(size: WanSize): Readonly<Record<string, unknown>> {
  return {
    _class_name: 'WanTransformer3DModel',
    patch_size: [1, 2, 2],
    num_attention_heads: size.heads,
    attention_head_dim: 128,
    in_channels: size.channelsIn,
    out_channels: size.channels,
    text_dim: 4096,
    freq_dim: 256,
    ffn_dim: size.feedForward,
    num_layers: size.blocks,
    cross_attn_norm: true,
    qk_norm: 'rms_norm_across_heads',
    eps: 1e-6,
    image_dim: size.imageWidth ?? null,
    added_kv_proj_dim: size.imageWidth === undefined ? null : size.heads * 128,
  };
}

/** Width of the image encoder's tokens that a checkpoint (under diffusers' names) reads, if it reads any. */
export const imageWidthOf = ({ tensors }: Checkpoint): number | undefined =>
  tensors.get('condition_embedder.image_embedder.ff.net.0.proj.weight')?.shape[0];

/**
 * The published size that a checkpoint (under diffusers' names) has: single files have no `config.json`. The shapes of
 * an expert for text are those of Wan2.1 14B, so what tells them apart is how many there are.
 */
export function sizeOfCheckpoint(
  checkpoint: Checkpoint,
  origin: string,
  { experts, half = false }: { readonly experts: number; readonly half?: boolean },
): WanSize {
  const { tensors } = checkpoint;
  const shapeOf = (name: string): readonly number[] => tensors.get(name)?.shape ?? [];
  const [width = 0, channelsIn = 0] = shapeOf('patch_embedding.weight');
  const feedForward = shapeOf('blocks.0.ffn.net.0.proj.weight')[0] ?? 0;
  const blocks = blocksOf(tensors.keys(), 'blocks.');
  // Four values of a token in every channel.
  const channels = (shapeOf('proj_out.weight')[0] ?? 0) / 4;
  const imageWidth = imageWidthOf(checkpoint);
  const shaped = { heads: width / 128, feedForward, blocks, channelsIn, channels, imageWidth };
  const alike = WAN_SIZES.filter((size) => SHAPED.every((field) => size[field] === shaped[field]));
  const fitting = alike.filter((size) => size.experts === experts);
  const isHalf = alike.some((size) => size.experts === 2) && (half || fitting.length === 0);
  const image = imageWidth === undefined ? '' : `, image tokens of ${imageWidth}`;
  const have =
    width === 0
      ? `${tensors.size} tensors, such as '${[...tensors.keys()][0]}', and no patch_embedding`
      : `width ${width}, feed-forward ${feedForward}, ${blocks} blocks, ${channelsIn} channels in, ${channels} out${image}`;
  const lines = { code: 'wan-size', origin, have, ...(isHalf && { do: ONE_OF_TWO }) };
  return publishedSize(WAN_SIZES, (size) => !isHalf && fitting.includes(size), lines);
}

const ONE_OF_TWO =
  'it is one of two experts: put the other one beside it, the names alike but for high_noise and low_noise, and name one';

/** The published model of this size, or the one of the same kind: its usual settings serve. */
export function nearestSize(
  config: WanConfig,
  experts: 1 | 2,
): { readonly size: WanSize; readonly exact: boolean } {
  const exact = WAN_SIZES.find((size) => size.experts === experts && isSize(size, config));
  if (exact) return { size: exact, exact: true };
  const image = config.channelsIn > config.channels;
  const kin = WAN_SIZES.find(
    (size) =>
      size.experts === experts &&
      size.channelsIn > size.channels === image &&
      (size.channels === WAN22_CHANNELS) === (config.channels === WAN22_CHANNELS),
  );
  return { size: kin ?? (WAN_SIZES[0] as WanSize), exact: false };
}

function isSize(size: WanSize, config: WanConfig): boolean {
  return config.headWidth === 128 && SHAPED.every((field) => size[field] === config[field]);
}

/** What the shapes of a checkpoint say of its size. */
const SHAPED = ['heads', 'feedForward', 'blocks', 'channelsIn', 'channels', 'imageWidth'] as const;
