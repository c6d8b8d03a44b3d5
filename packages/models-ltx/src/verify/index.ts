import type { Verifier } from '@skipstone/core/testing';
import { forwardVerifier } from './forward.js';
import { runVerifier } from './run.js';

/** What can be verified of golden folders of LTX-2. */
export const ltxVerifiers = (): readonly Verifier[] => [forwardVerifier, runVerifier];
