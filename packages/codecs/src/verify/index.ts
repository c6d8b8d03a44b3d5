import type { Verifier } from '@skipstone/golden';
import { autoencoderVerifier } from './autoencoder.js';

/** The golden folders that this package verifies. */
export const verifiers: readonly Verifier[] = [autoencoderVerifier];
