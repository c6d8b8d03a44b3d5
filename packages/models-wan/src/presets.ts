import type { MethodPresets, Preset } from '@skipstone/core';
import { WAN_SIZES } from './sizes.js';

/** Source: GalaxyDiT, arXiv:2512.03451v1: the tap whose change goes best with the residual's, by Spearman's ρ after warm-up. */
const TAPS: Readonly<Record<string, Preset>> = {
  'wan2.1-t2v-1.3b': { value: 'cross_attn_out', source: 'arXiv:2512.03451v1', measured: 'ρ 0.89, 50 steps' },
  'wan2.1-t2v-14b': { value: 'attn_out', source: 'arXiv:2512.03451v1', measured: 'ρ 0.65, 50 steps' },
};

const CALIBRATED: Preset = {
  source: 'not published',
  make: 'skipstone trace --model FOLDER --embeds FILE --out trace.jsonl; skipstone calibrate trace.jsonl --out policy.json',
};

/** HSA (arXiv:2605.06892v1) names its schedules; which tokens get how many steps it does not say. */
const GROUPS: Preset = {
  source: 'not published',
  make: 'skipstone generate --model FOLDER --embeds FILE --latents-out latents.safetensors --plugin hsa:50 --reference',
};

/** By size: what is known of the options of each method for these weights, and how to find what is not. */
export const WAN_PRESETS: Readonly<Record<string, MethodPresets>> = Object.fromEntries(
  WAN_SIZES.map(({ name }) => [
    name,
    {
      'galaxy-cache': { tap: TAPS[name] ?? CALIBRATED, threshold: CALIBRATED },
      hsa: { schedule: GROUPS },
    },
  ]),
);
