import type { Verifier } from '@skipstone/golden';
import { forwardVerifier } from './forward.js';
import { runVerifier } from './run.js';
import { scheduleVerifier } from './schedule.js';

/** What can be verified of golden folders of Cosmos-Predict2: forwards, runs and their grid. */
export const cosmosVerifiers = (): readonly Verifier[] => [forwardVerifier, runVerifier, scheduleVerifier];
