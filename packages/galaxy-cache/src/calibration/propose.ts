import { SkipstoneError, warmupSteps } from '@skipstone/core';
import { chooseThreshold, type ProposedThreshold } from './choose-threshold.js';
import { type RankedTap, rankTaps } from './rank-taps.js';
import type { TraceFile } from './trace-file.js';

export interface BestTap {
  readonly tap: string;
  /** All taps, the best first. */
  readonly ranking: readonly RankedTap[];
}

/**
 * The tap whose changes foretell the stack's best after a warm-up of this share of the steps, by the mean
 * coefficient of the runs; or the one asked for. Error `calibrate-tap`: none foretells anything, or it was not traced.
 */
export function bestTap(trace: TraceFile, warmup: number, asked?: string): BestTap {
  const ranking = rankTaps(trace, { from: warmupSteps({ fraction: warmup }, trace.header.settings.steps) });
  const [best] = ranking;
  const found = asked === undefined ? best : ranking.find(({ tap }) => tap === asked);
  if (found && !Number.isNaN(found.perPrompt.value)) return { tap: found.tap, ranking };
  throw new SkipstoneError({
    code: 'calibrate-tap',
    what: `calibrate: ${asked ?? 'no tap'} foretells nothing of the stack's change`,
    have: `taps ${trace.header.taps.join(', ')}, ${trace.runs.length} runs of ${trace.header.settings.steps} steps`,
    need: 'a traced tap that changes from step to step after the warm-up',
    do: 'trace more prompts or steps, or a shorter warm-up',
  });
}

/** A threshold to try: for a speed-up, after a warm-up of this share of the steps. */
export interface Proposal extends ProposedThreshold {
  /** Ideal speed-up asked for. */
  readonly asked: number;
  readonly warmup: number;
}

export interface ProposalRequest {
  readonly tap: string;
  readonly cost: number;
  readonly warmup: number;
  readonly speedups: readonly number[];
}

/** Thresholds for speed-ups, by simulation. */
export const propose = (
  trace: TraceFile,
  { tap, cost, warmup, speedups }: ProposalRequest,
): readonly Proposal[] =>
  speedups.map((speedup) => ({
    ...chooseThreshold(trace, { tap, cost, speedup, warmup: { fraction: warmup } }),
    asked: speedup,
    warmup,
  }));
