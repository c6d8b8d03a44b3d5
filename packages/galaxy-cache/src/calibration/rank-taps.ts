import { type BootstrapOptions, bootstrap, type Estimate } from './bootstrap.js';
import { spearman } from './spearman.js';
import { ORACLE } from './trace-drift.js';
import type { TracedRun, TraceFile } from './trace-file.js';

/** How well a tap foretells the stack's change, by rank. */
export interface RankedTap {
  readonly tap: string;
  /** Over the steps of all runs together. */
  readonly pooled: Estimate;
  /** Mean of the coefficients of the single runs. */
  readonly perPrompt: Estimate;
}

export interface RankOptions extends BootstrapOptions {
  /** First step whose change counts: the end of the warm-up. */
  readonly from: number;
  /** The deciding branch. The first of each run unless named. */
  readonly branch?: string;
}

/**
 * Spearman's coefficient of each tap's change with that of the stack's residual, over the pairs whose later
 * step is `from` or after. Intervals are over prompts and seeds, resampled as wholes. First comes the tap that is best
 * on the mean of the runs: a threshold has to order the steps of one run (which of the two the paper means is not
 * known: inferred).
 */
export function rankTaps({ header, runs }: TraceFile, options: RankOptions): readonly RankedTap[] {
  const ranked = header.taps.map((tap) => {
    const pairs = runs.map((run) => pairsOf(run, tap, options));
    const pooled = (some: readonly Pairs[]): number =>
      spearman(
        some.flatMap((one) => one.tap),
        some.flatMap((one) => one.oracle),
      );
    const each = pairs.map((one) => spearman(one.tap, one.oracle)).filter((rho) => !Number.isNaN(rho));
    return { tap, pooled: bootstrap(pairs, pooled, options), perPrompt: bootstrap(each, average, options) };
  });
  // A tap without a coefficient (a constant one) comes last.
  const order = ({ perPrompt: { value } }: RankedTap): number => (Number.isNaN(value) ? -2 : value);
  return ranked.sort((a, b) => order(b) - order(a));
}

interface Pairs {
  readonly tap: readonly number[];
  readonly oracle: readonly number[];
}

function pairsOf(run: TracedRun, tap: string, { from, branch }: RankOptions): Pairs {
  const { change } = leaderOf(run, branch);
  const [taps = [], oracles = []] = [change[tap], change[ORACLE]];
  const known = taps.flatMap((value, step) => {
    const oracle = oracles[step] ?? null;
    return step < from || value === null || oracle === null ? [] : [{ value, oracle }];
  });
  return { tap: known.map(({ value }) => value), oracle: known.map(({ oracle }) => oracle) };
}

/** The numbers of a run's deciding branch. */
export function leaderOf(run: TracedRun, branch?: string): TracedRun['branches'][string] {
  const name = branch ?? Object.keys(run.branches)[0] ?? '';
  return run.branches[name] ?? { change: {}, norm: {} };
}

const average = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
