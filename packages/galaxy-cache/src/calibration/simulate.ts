import { type DriftOptions, driftRule } from '../drift-policy.js';
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
  const rule = driftRule(options, { steps: header.settings.steps, sigmas: header.sigmas });
  const changes = leaderOf(run, branch).change[tap] ?? [];
  let state = rule.first();
  return Array.from({ length: header.settings.steps }, (_, step) => {
    const drift = changes[step] ?? undefined;
    const decision = rule.decide(state, { step, drift, covered: step > 0 });
    state = decision.state;
    return decision.reuse;
  });
}

/** Share of all steps that are reused, 0 to 1. */
export const reuseRate = (flags: readonly boolean[]): number =>
  flags.filter(Boolean).length / Math.max(1, flags.length);
