import type { MethodPresets, Preset } from '@skipstone/core';
import { COSMOS_SIZES } from './sizes.js';

/**
 * Source: GalaxyDiT, arXiv:2512.03451v1: the tap whose change goes best with the residual's, by Spearman's ρ after
 * warm-up. It says Cosmos-Predict2-2B, and images beside prompts: inferred that this is video to world.
 */
const TAPS: Readonly<Record<string, Preset>> = {
  'cosmos-predict2-2b-video2world': {
    value: 'mlp_out',
    source: 'arXiv:2512.03451v1',
    measured: 'ρ 0.82, 36 steps',
  },
};

const CALIBRATED: Preset = {
  source: 'not published',
  make: 'skipstone trace --model FOLDER --embeds A.safetensors --out trace.jsonl; skipstone calibrate trace.jsonl --model FOLDER --embeds B.safetensors --out policy.json',
};

/** HSA (arXiv:2605.06892v1) names its schedules; which tokens get how many steps it does not say. */
const GROUPS: Preset = {
  source: 'not published',
  make: 'skipstone generate --model FOLDER --embeds A.safetensors --latents-out latents.safetensors --plugin hsa:50 --reference',
};

/** By size: what is known of the options of each method for these weights, and how to find what is not. */
export const COSMOS_PRESETS: Readonly<Record<string, MethodPresets>> = Object.fromEntries(
  COSMOS_SIZES.map(({ name }) => [
    name,
    {
      'galaxy-cache': { tap: TAPS[name] ?? CALIBRATED, threshold: CALIBRATED },
      hsa: { schedule: GROUPS },
    },
  ]),
);
