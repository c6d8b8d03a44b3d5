import { type MethodPresets, methodPresets, type Preset } from '@skipstone/core';
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

/** By size: what is known of the options of each method for these weights, and how to find what is not. */
export const COSMOS_PRESETS: Readonly<Record<string, MethodPresets>> = Object.fromEntries(
  COSMOS_SIZES.map(({ name }) => [name, methodPresets({ tap: TAPS[name] })]),
);
