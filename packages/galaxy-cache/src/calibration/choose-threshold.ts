import { SkipstoneError } from '@skipstone/core';
import type { DriftOptions } from '../drift-policy.js';
import { type BootstrapOptions, bootstrap, type Estimate } from './bootstrap.js';
import { reuseRate, simulate } from './simulate.js';
import { idealSpeedup, rateFor } from './speedup.js';
import type { TraceFile } from './trace-file.js';

export interface ThresholdRequest extends Omit<DriftOptions, 'threshold'> {
  readonly tap: string;
  /** Ideal speed-up asked for, 1 or more. */
  readonly speedup: number;
  /** What a reused step costs of a computed one, 0 to below 1. */
  readonly cost: number;
}

export interface ProposedThreshold {
  readonly threshold: number;
  /** Mean share of steps reused in the traced runs, with its interval over them. */
  readonly reuse: Estimate;
  /** Ideal, at that share. */
  readonly speedup: number;
}

/** A sum that no run reaches: 1000 steps that each change wholly. */
const NEVER = 1e4;

/**
 * The threshold whose simulated reuse comes nearest to what a speed-up asks for, by bisection. The mean rate
 * is a staircase in the threshold, so the two sides of the step that was found are compared. Four digits are
 * kept: then no drift is likely to fall on the threshold itself, where rounding would decide.
 *
 * Error `calibrate-speedup`: the warm-up alone makes it impossible.
 */
export function chooseThreshold(
  trace: TraceFile,
  { speedup, cost, ...rest }: ThresholdRequest,
  options: BootstrapOptions = {},
): ProposedThreshold {
  const rates = (threshold: number): readonly number[] =>
    trace.runs.map((run) => reuseRate(simulate(trace, run, { ...rest, threshold })));
  const rate = (threshold: number): number => average(rates(threshold));
  const [target, most] = [rateFor(speedup, cost), rate(NEVER)];
  if (target > most) throw impossible(speedup, idealSpeedup(most, cost));
  const found = nearest(rate, target);
  const reuse = bootstrap(rates(found), average, options);
  return { threshold: found, reuse, speedup: idealSpeedup(reuse.value, cost) };
}

function nearest(rate: (threshold: number) => number, target: number): number {
  let [low, high] = [0, NEVER];
  while (high - low > 1e-5 * high && high > 1e-9) {
    // Halving by ratio once both ends are known to be positive: thresholds span decades.
    const middle = low > 0 ? Math.sqrt(low * high) : high / 4;
    if (rate(middle) < target) low = middle;
    else high = middle;
  }
  const off = (threshold: number): number => Math.abs(rate(threshold) - target);
  const [below, above] = [fourDigits(low * 0.999), fourDigits(high * 1.001)];
  return off(below) < off(above) ? below : above;
}

const fourDigits = (value: number): number => Number(value.toPrecision(4));

const average = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

function impossible(speedup: number, most: number): SkipstoneError {
  return new SkipstoneError({
    code: 'calibrate-speedup',
    what: `calibrate: no threshold gives a speed-up of ${speedup}`,
    have: `at most ${most.toFixed(2)}, reusing every step after the warm-up`,
    need: `a speed-up from 1 to ${(Math.floor(most * 100) / 100).toFixed(2)}`,
    do: 'ask for less, or for a shorter warm-up',
  });
}
