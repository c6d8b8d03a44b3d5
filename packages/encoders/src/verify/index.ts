import type { Verifier } from '@skipstone/golden';

/** The golden folders that this package verifies. */
export const verifiers: readonly Verifier[] = [];
