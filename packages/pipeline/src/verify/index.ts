import type { Verifier } from '@skipstone/golden';
import { pipelineVerifier } from './pipeline.js';

/** The golden folders that this package verifies. */
export const verifiers: readonly Verifier[] = [pipelineVerifier];
