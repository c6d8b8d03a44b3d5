import type { GoldenMethod, Verifier } from '@skipstone/golden';
import { forwardVerifier } from './forward.js';
import { methodVerifier } from './method.js';
import { runVerifier } from './run.js';

/** What can be verified of golden folders of Wan: forwards, runs, and runs with these methods. */
export const wanVerifiers = (methods: readonly GoldenMethod[]): readonly Verifier[] => [
  forwardVerifier,
  runVerifier,
  ...methods.map(methodVerifier),
];
