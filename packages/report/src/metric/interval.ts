import { SkipstoneError } from '@skipstone/core';
import { mean, quantile } from 'd3-array';
import { randomInt, randomLcg } from 'd3-random';

export interface IntervalOptions {
  /** Whole number, 0 or more. The same values and seed give the same interval. Default 0. */
  readonly seed?: number;
  /** Probability that the interval covers the mean, above 0 and below 1. Default 0.95. */
  readonly level?: number;
  /** Resamples, 1 or more. Default 2000. */
  readonly resamples?: number;
}

/** A mean, and where it may as well lie. */
export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/**
 * The mean of some values with its bootstrap interval by percentiles: B. Efron, R. J. Tibshirani, "An
 * Introduction to the Bootstrap", 1993, §13.3. One value is its own interval. Throws a `SkipstoneError` for
 * none, or for values that are not finite: two equal videos have a PSNR of `Infinity`, and no mean.
 */
export function interval(values: readonly number[], options: IntervalOptions = {}): Interval {
  return intervalOf((sample) => mean(sample) ?? Number.NaN, values, options);
}

/** The same of a statistic of whole samples, such as a rank correlation over prompts; values may be anything. */
export function intervalOf<Value>(
  statistic: (sample: readonly Value[]) => number,
  values: readonly Value[],
  { seed = 0, level = 0.95, resamples = 2000 }: IntervalOptions = {},
): Interval {
  const bad = values.find((value) => typeof value === 'number' && !Number.isFinite(value));
  if (values.length === 0 || bad !== undefined) throw noMean(values.length, bad);
  const index = randomInt.source(randomLcg(seed))(values.length);
  const means = Array.from({ length: resamples }, () =>
    statistic(values.map(() => values[index()] as Value)),
  );
  const tail = (1 - level) / 2;
  const at = (p: number): number => quantile(means, p) ?? Number.NaN;
  return { mean: statistic(values), low: at(tail), high: at(1 - tail) };
}

function noMean(count: number, bad: unknown): SkipstoneError {
  return new SkipstoneError({
    code: 'interval-values',
    what: 'interval: these values have no mean',
    have: count === 0 ? 'no values' : `${bad} among ${count} values`,
    need: 'one finite value or more',
    do: 'leave out what is not finite, and say that you did',
  });
}
