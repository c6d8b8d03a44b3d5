import type { Rows, Streams } from '@skipstone/core';

/** The step at which each row of a stream was computed last; NEVER where it was not. */
export type RowSteps = Streams<readonly number[]>;

const NEVER = -1;

/** No row was ever computed; `rows` is N of each stream. */
export const neverComputed = (rows: Streams<number>): RowSteps =>
  Object.fromEntries(Object.entries(rows).map(([stream, count]) => [stream, new Array(count).fill(NEVER)]));

/** The same, with these rows computed at `step`. */
export const computedAt = (before: RowSteps, rows: Rows, step: number): RowSteps =>
  Object.fromEntries(
    Object.entries(before).map(([stream, steps]) => {
      const set = rows[stream] ?? 'all';
      if (set === 'all') return [stream, steps.map(() => step)];
      const after = [...steps];
      for (const row of set) after[row] = step;
      return [stream, after];
    }),
  );

/** How many steps ago the row that waits longest was computed; undefined where one never was. */
export function oldest(steps: RowSteps, rows: Rows, step: number): number | undefined {
  let first = step;
  for (const [stream, all] of Object.entries(steps)) {
    const set = rows[stream] ?? 'all';
    for (const row of set === 'all' ? all.keys() : set) first = Math.min(first, all[row] ?? NEVER);
  }
  return first === NEVER ? undefined : step - first;
}
