import { type MethodPresets, methodPresets } from '@skipstone/core';
import { LTX_SIZES } from './sizes.js';

/** By size: what is known of the options of each method for these weights, and how to find what is not. */
export const LTX_PRESETS: Readonly<Record<string, MethodPresets>> = Object.fromEntries(
  LTX_SIZES.map(({ name }) => [name, methodPresets()]),
);
