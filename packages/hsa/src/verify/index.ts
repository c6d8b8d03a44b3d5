import type { GoldenMethod } from '@skipstone/core/testing';
import { allocatedRun } from './allocated-run.js';

/** What this package verifies of golden folders. */
export const hsaMethods: readonly GoldenMethod[] = [allocatedRun];
