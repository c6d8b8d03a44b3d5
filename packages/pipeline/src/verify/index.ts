import type { Verifier } from '@skipstone/golden';
import { ltxPipelineVerifier } from './ltx-pipeline.js';
import { pipelineVerifier } from './pipeline.js';

/** The golden folders that this package verifies. */
export const verifiers: readonly Verifier[] = [pipelineVerifier, ltxPipelineVerifier];
