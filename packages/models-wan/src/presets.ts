import { type MethodPresets, methodPresets, type Preset } from '@skipstone/core';
import { WAN_SIZES, type WanSize } from './sizes.js';

/** Source: GalaxyDiT, arXiv:2512.03451v1: the tap whose change goes best with the residual's, by Spearman's ρ after warm-up. */
const TAPS: Readonly<Record<string, Preset>> = {
  'wan2.1-t2v-1.3b': { value: 'cross_attn_out', source: 'arXiv:2512.03451v1', measured: 'ρ 0.89, 50 steps' },
  'wan2.1-t2v-14b': { value: 'attn_out', source: 'arXiv:2512.03451v1', measured: 'ρ 0.65, 50 steps' },
};

/** Models of image to video must be given the image of each prompt. */
const inputs =
  ({ channelsIn, channels }: WanSize) =>
  (of: 'A' | 'B'): string =>
    `--embeds ${of}.safetensors${channelsIn > channels ? ` --image-latents ${of}-image.safetensors` : ''}`;

/** By size: what is known of the options of each method for these weights, and how to find what is not. */
export const WAN_PRESETS: Readonly<Record<string, MethodPresets>> = Object.fromEntries(
  WAN_SIZES.map((size) => [size.name, methodPresets({ tap: TAPS[size.name], inputs: inputs(size) })]),
);
