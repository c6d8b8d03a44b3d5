import type { RowSet, Rows, Streams } from '@skipstone/core';

/** A value for each stream, from its name and number of rows. */
export function eachStream<T>(
  rows: Streams<number>,
  of: (stream: string, count: number) => T,
): Record<string, T> {
  return Object.fromEntries(Object.entries(rows).map(([stream, count]) => [stream, of(stream, count)]));
}

/** The rows of a set, one by one. */
export const listOf = (set: RowSet | undefined, count: number): readonly number[] =>
  set === undefined || set === 'all' ? Array.from({ length: count }, (_, row) => row) : [...set];

export const hasNone = (rows: Rows): boolean => Object.values(rows).every((set) => set.length === 0);
