import { SkipstoneError, warmupSteps } from '@skipstone/core';
import type { GalaxyCacheOptions } from '../options.js';
import { chooseEntry } from './choose-entry.js';
import type { Policy, PolicyEntry, PolicyRow } from './policy-file.js';
import type { RunSettings } from './settings.js';

/** A run as it will be: its settings, and the schedule's noise levels, steps + 1 of them. */
export interface PolicyRun {
  readonly settings: RunSettings;
  readonly sigmas: readonly number[];
}

export interface PolicyRequest {
  /** Ideal speed-up, within the policy's table. Default: that of its first row, the most careful one. */
  readonly speedup?: number;
  /** The threshold itself, 0 or more, instead of a speed-up. */
  readonly threshold?: number;
  /** Let the plugin move the threshold during the run to meet the speed-up. Default false. */
  readonly control?: boolean;
  /** Take a policy of another step count over noise level. Default false. */
  readonly resample?: boolean;
  /** What messages call the policy: the name of its file. */
  readonly origin?: string;
}

export interface FromPolicy {
  readonly options: GalaxyCacheOptions;
  readonly entry: PolicyEntry;
  /** Ideal, where a speed-up was asked for. */
  readonly speedup: number | undefined;
  /** What differs from the runs the policy was made with, in words. */
  readonly notes: readonly string[];
}

/**
 * Options of `galaxyCache` for a run, from a policy.
 *
 * A speed-up between two rows of the table gets a threshold between theirs, the logarithm linear in the
 * speed-up; outside the table it is refused (`policy-speedup`), and so is a run that the policy was not made
 * for (`policy-run`).
 */
export function fromPolicy(policy: Policy, run: PolicyRun, request: PolicyRequest = {}): FromPolicy {
  const { control = false, origin = 'policy' } = request;
  if (request.speedup !== undefined && request.threshold !== undefined) throw twice(request, origin);
  const { entry, notes } = chooseEntry(policy, run.settings, request);
  const speedup = request.threshold === undefined ? (request.speedup ?? entry.rows[0]?.speedup) : undefined;
  const asked = speedup === undefined ? (request.threshold ?? 0) : thresholdFor(entry, speedup, origin);
  const resampled = run.settings.steps === entry.settings.steps ? undefined : resample(entry, run.sigmas);
  const options: GalaxyCacheOptions = {
    tap: entry.tap,
    threshold: asked * (resampled?.scale ?? 1),
    warmup: resampled ? { sigma: resampled.sigma } : { fraction: entry.warmup },
    ...(control && speedup !== undefined ? { target: { speedup: stepRatio(speedup, entry.cost) } } : {}),
  };
  const taken =
    resampled && `${origin} was made for ${entry.settings.steps} steps; its threshold is resampled`;
  return { options, entry, speedup, notes: taken === undefined ? notes : [...notes, taken] };
}

/** The same, the options alone. */
export const policyOptions = (
  policy: Policy,
  run: PolicyRun,
  request: PolicyRequest = {},
): GalaxyCacheOptions => fromPolicy(policy, run, request).options;

function thresholdFor({ rows }: PolicyEntry, speedup: number, origin: string): number {
  const above = rows.findIndex((row) => row.speedup >= speedup);
  const [low, high] = [rows[above - 1], rows[above]];
  if (high?.speedup === speedup) return high.threshold;
  if (low && high) return between(low, high, speedup);
  throw new SkipstoneError({
    code: 'policy-speedup',
    what: `${origin}: its table does not reach a speed-up of ${speedup}`,
    have: `thresholds for ${rows.map((row) => row.speedup).join(', ')}`,
    need: `a speed-up from ${rows[0]?.speedup} to ${rows.at(-1)?.speedup}`,
    do: `calibrate with --speedups ${speedup}, or pass a threshold`,
  });
}

/** Thresholds span decades as speed-ups grow, so their logarithms are interpolated. */
function between(low: PolicyRow, high: PolicyRow, speedup: number): number {
  const part = (speedup - low.speedup) / (high.speedup - low.speedup);
  if (low.threshold === 0) return part * high.threshold;
  return low.threshold * (high.threshold / low.threshold) ** part;
}

/**
 * Another step count, over noise level. Inferred: a tap's change per step grows with the step's width in σ,
 * so the threshold is scaled by the ratio of mean widths after the warm-up, which keeps the number of steps
 * between two computed ones; the warm-up ends at the same noise level.
 */
function resample(
  entry: PolicyEntry,
  sigmas: readonly number[],
): { readonly scale: number; readonly sigma: number } {
  const warm = warmupSteps({ fraction: entry.warmup }, entry.settings.steps);
  const sigma = entry.sigmas[warm] ?? 0;
  const width = (levels: readonly number[]): number => {
    const free = levels.filter((level) => level <= sigma);
    return ((free[0] ?? 0) - (free.at(-1) ?? 0)) / Math.max(1, free.length - 1);
  };
  return { scale: width(sigmas) / width(entry.sigmas), sigma };
}

/** The controller counts steps: all over computed ones, where reused ones cost nothing. */
const stepRatio = (speedup: number, cost: number): number => 1 / (1 - (1 - 1 / speedup) / (1 - cost));

function twice({ speedup, threshold }: PolicyRequest, origin: string): SkipstoneError {
  return new SkipstoneError({
    code: 'option-conflict',
    what: `${origin}: a speed-up and a threshold are asked for`,
    have: `speedup ${speedup}, threshold ${threshold}`,
    need: 'one of them',
    do: 'leave the threshold out',
  });
}
