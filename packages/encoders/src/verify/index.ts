import type { Verifier } from '@skipstone/golden';
import { imageVerifier, textVerifier } from './encoders.js';
import { tokensVerifier } from './tokens.js';

/** The golden folders that this package verifies. */
export const verifiers: readonly Verifier[] = [textVerifier, imageVerifier, tokensVerifier];
