import type { GoldenMethod } from '@skipstone/golden';

/** The methods of golden runs that this package has. */
export const methods: readonly GoldenMethod[] = [];
