import type { Verifier } from '@skipstone/core/testing';
import { forwardVerifier } from './forward.js';
import { methodRunVerifier } from './method-run.js';
import { runVerifier } from './run.js';
import { traceVerifier } from './trace.js';

/** What this package verifies of golden folders. */
export const wanVerifiers: readonly Verifier[] = [
  forwardVerifier,
  runVerifier,
  traceVerifier,
  methodRunVerifier,
];
