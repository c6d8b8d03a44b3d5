import { quantileSorted, sampleWithReplacement } from 'simple-statistics';

/** A number with the interval that resampling gives it. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface BootstrapOptions {
  /** Any whole number; the same seed gives the same interval. Default 0. */
  readonly seed?: number;
  /** Resamples, 1 or more. Default 2000. */
  readonly draws?: number;
  /** Share of resamples inside the interval, above 0, below 1. Default 0.95. */
  readonly level?: number;
}

/**
 * A statistic of some units (prompts, not their steps: those of one prompt are not independent) with its
 * percentile bootstrap interval: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.
 * Resamples that have no statistic (NaN) are left out; one unit has an interval of no width.
 */
export function bootstrap<Unit>(
  units: readonly Unit[],
  statistic: (units: readonly Unit[]) => number,
  { seed = 0, draws = 2000, level = 0.95 }: BootstrapOptions = {},
): Estimate {
  const value = statistic(units);
  const random = mulberry(seed);
  const values = Array.from({ length: units.length > 0 ? draws : 0 }, () =>
    statistic(sampleWithReplacement([...units], units.length, random)),
  )
    .filter((one) => !Number.isNaN(one))
    .sort((a, b) => a - b);
  if (values.length === 0) return { value, low: value, high: value };
  const tail = (1 - level) / 2;
  return { value, low: quantileSorted(values, tail), high: quantileSorted(values, 1 - tail) };
}

/** Mulberry32: numbers in [0, 1), enough to resample with. Seeds count modulo 2^32. */
function mulberry(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let word = Math.imul(state ^ (state >>> 15), state | 1);
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
    return ((word ^ (word >>> 14)) >>> 0) / 2 ** 32;
  };
}
