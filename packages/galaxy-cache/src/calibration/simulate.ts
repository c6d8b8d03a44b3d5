import { stepPolicy } from '@skipstone/core';
import { type DriftOptions, driftRule, limitsOf } from '../drift-policy.js';
import { leaderOf } from './rank-taps.js';
import type { TracedRun, TraceFile } from './trace-file.js';

/**
 * Which steps a run would reuse, by the policy of the plugin on the numbers of an uncached run. A real run
 * leaves the uncached one's path as soon as it reuses, so its later drifts differ a little.
 */
export function simulate(
  { header }: Pick<TraceFile, 'header'>,
  run: TracedRun,
  { tap, branch, ...options }: DriftOptions & { readonly tap: string; readonly branch?: string },
): readonly boolean[] {
  const { steps } = header.settings;
  const policy = stepPolicy(driftRule(options), limitsOf(options), { steps, sigmas: header.sigmas });
  const changes = leaderOf(run, branch).change[tap] ?? [];
  let carried = policy.first;
  return Array.from({ length: steps }, (_, step) => {
    const answer = policy.decide(carried, { step, change: changes[step] ?? undefined, covered: step > 0 });
    carried = policy.settle(carried, answer, { step, reuse: answer.reuse });
    return answer.reuse;
  });
}

/** Share of all steps that are reused, 0 to 1. */
export const reuseRate = (flags: readonly boolean[]): number =>
  flags.filter(Boolean).length / Math.max(1, flags.length);
