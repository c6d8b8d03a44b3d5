import type { Verifier } from '@skipstone/golden';
import { connectorsVerifier } from './connectors.js';
import { forwardVerifier } from './forward.js';
import { runVerifier } from './run.js';
import { upsamplerVerifier } from './upsampler.js';

/** What can be verified of golden folders of LTX-2. */
export const ltxVerifiers = (): readonly Verifier[] => [
  forwardVerifier,
  runVerifier,
  connectorsVerifier,
  upsamplerVerifier,
];
