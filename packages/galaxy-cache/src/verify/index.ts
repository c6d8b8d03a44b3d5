import type { GoldenMethod } from '@skipstone/golden';
import { proxyReuse } from './proxy-reuse.js';
import { trace } from './trace.js';

/** What this package verifies of the runs of any model. */
export const galaxyMethods: readonly GoldenMethod[] = [proxyReuse, trace];
