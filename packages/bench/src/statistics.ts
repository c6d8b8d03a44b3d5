import { bootstrap, type Estimate } from '@skipstone/galaxy-cache/calibration';

export const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
export const mean = (values: readonly number[]): number => sum(values) / values.length;

/** The mean of some numbers with its 95 % bootstrap interval. */
export const interval = (values: readonly number[]): Estimate => bootstrap(values, mean);

/** The middle of some numbers; of an even count the mean of the two middle ones. NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
}

/** The quotients of two series, round by round: what slows a whole round down falls out. */
export function ratios(above: readonly number[], below: readonly number[]): readonly number[] {
  return above.map((value, round) => value / (below[round] ?? Number.NaN));
}

/** max|a−b| / max|b|, the error of everything in this project; NaN for series of other lengths. */
export function maxError(got: readonly number[], want: readonly number[]): number {
  const largest = (values: readonly number[]) =>
    values.reduce((most, one) => Math.max(most, Math.abs(one)), 0);
  return got.length === want.length
    ? largest(got.map((a, i) => a - (want[i] ?? 0))) / largest(want)
    : Number.NaN;
}

export const gigabytes = (bytes: number, places = 2): string => `${(bytes / 1e9).toFixed(places)} GB`;

export interface Rounds {
  /** Rounds that count. */
  readonly repeats: number;
  /** Rounds before them that do not. Default 1. */
  readonly warmUp?: number;
}

type Series<Parts extends Readonly<Record<string, () => Promise<unknown>>>> = {
  readonly [Name in keyof Parts]: readonly Awaited<ReturnType<Parts[Name]>>[];
};

/**
 * Measures several things in turn (a, b, a, b, …), so that a machine that grows slower or busier meets all
 * of them alike. Gives each one's values by round.
 */
export async function interleave<Parts extends Readonly<Record<string, () => Promise<unknown>>>>(
  parts: Parts,
  { repeats, warmUp = 1 }: Rounds,
): Promise<Series<Parts>> {
  const values = Object.fromEntries(Object.keys(parts).map((name) => [name, [] as unknown[]]));
  for (let round = -warmUp; round < repeats; round++) {
    for (const [name, measure] of Object.entries(parts)) {
      const value = await measure();
      if (round >= 0) values[name]?.push(value);
    }
  }
  return values as unknown as Series<Parts>;
}
