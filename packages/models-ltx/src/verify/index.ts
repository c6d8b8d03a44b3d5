import type { Verifier } from '@skipstone/golden';
import { connectorsVerifier } from './connectors.js';
import { forwardVerifier } from './forward.js';
import { runVerifier } from './run.js';

/** What can be verified of golden folders of LTX-2: forwards, runs and text connectors. */
export const ltxVerifiers = (): readonly Verifier[] => [forwardVerifier, runVerifier, connectorsVerifier];
