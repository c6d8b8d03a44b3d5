import { bootstrap, type Estimate } from '@skipstone/galaxy-cache/calibration';

/** The mean of some numbers with its 95 % bootstrap interval. */
export const interval = (values: readonly number[]): Estimate =>
  bootstrap(values, (some) => some.reduce((a, b) => a + b, 0) / some.length);

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

export interface Rounds {
  /** Rounds that count. */
  readonly repeats: number;
  /** Rounds before them that do not. Default 1. */
  readonly warmUp?: number;
}

/**
 * Measures several things in turn (a, b, a, b, …), so that a machine that grows slower or busier meets all
 * of them alike. Gives each one's values by round.
 */
export async function interleave<Name extends string>(
  parts: Readonly<Record<Name, () => Promise<number>>>,
  { repeats, warmUp = 1 }: Rounds,
): Promise<Readonly<Record<Name, readonly number[]>>> {
  const names = Object.keys(parts) as Name[];
  const values = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, number[]>;
  for (let round = -warmUp; round < repeats; round++) {
    for (const name of names) {
      const value = await parts[name]();
      if (round >= 0) values[name].push(value);
    }
  }
  return values;
}
