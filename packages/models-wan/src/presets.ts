import type { MethodPresets, Preset } from '@skipstone/core';
import { WAN_SIZES, type WanSize } from './sizes.js';

/** Source: GalaxyDiT, arXiv:2512.03451v1: the tap whose change goes best with the residual's, by Spearman's ρ after warm-up. */
const TAPS: Readonly<Record<string, Preset>> = {
  'wan2.1-t2v-1.3b': { value: 'cross_attn_out', source: 'arXiv:2512.03451v1', measured: 'ρ 0.89, 50 steps' },
  'wan2.1-t2v-14b': { value: 'attn_out', source: 'arXiv:2512.03451v1', measured: 'ρ 0.65, 50 steps' },
};

/** Models of image to video must be given the image of each prompt. */
const inputs = (of: 'A' | 'B', { channelsIn, channels }: WanSize): string =>
  `--model FOLDER --embeds ${of}.safetensors${channelsIn > channels ? ` --image-latents ${of}-image.safetensors` : ''}`;

const calibrated = (size: WanSize): Preset => ({
  source: 'not published',
  make: `skipstone trace ${inputs('A', size)} --out trace.jsonl; skipstone calibrate trace.jsonl ${inputs('B', size)} --out policy.json`,
});

/** HSA (arXiv:2605.06892v1) names its schedules; which tokens get how many steps it does not say. */
const groups = (size: WanSize): Preset => ({
  source: 'not published',
  make: `skipstone generate ${inputs('A', size)} --latents-out latents.safetensors --plugin hsa:50 --reference`,
});

/** By size: what is known of the options of each method for these weights, and how to find what is not. */
export const WAN_PRESETS: Readonly<Record<string, MethodPresets>> = Object.fromEntries(
  WAN_SIZES.map((size) => [
    size.name,
    {
      'galaxy-cache': { tap: TAPS[size.name] ?? calibrated(size), threshold: calibrated(size) },
      hsa: { schedule: groups(size) },
    },
  ]),
);
