import type { MethodPresets, Preset } from '@skipstone/core';
import { LTX_SIZES } from './sizes.js';

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
export const LTX_PRESETS: Readonly<Record<string, MethodPresets>> = Object.fromEntries(
  LTX_SIZES.map(({ name }) => [
    name,
    {
      'galaxy-cache': { tap: CALIBRATED, threshold: CALIBRATED },
      hsa: { schedule: GROUPS },
    },
  ]),
);
