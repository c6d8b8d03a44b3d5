import type { MethodPresets, Preset } from '@skipstone/core';
import { LTX_SIZES } from './sizes.js';

const CALIBRATED: Preset = {
  source: 'not published',
  make: 'skipstone trace --model FOLDER --embeds FILE --out trace.jsonl; skipstone calibrate trace.jsonl --out policy.json',
};

/** By size: what is known of the options of each method for these weights, and how to find what is not. */
export const LTX_PRESETS: Readonly<Record<string, MethodPresets>> = Object.fromEntries(
  LTX_SIZES.map(({ name }) => [
    name,
    {
      'galaxy-cache': { tap: CALIBRATED, threshold: CALIBRATED },
      hsa: { schedule: { source: 'not published for this model' } },
    },
  ]),
);
