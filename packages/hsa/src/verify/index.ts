import type { GoldenMethod } from '@skipstone/golden';
import { allocatedRun } from './allocated-run.js';

/** What this package verifies of golden folders. */
export const hsaMethods: readonly GoldenMethod[] = [allocatedRun];
