import { type RowSet, type Rows, SkipstoneError, type Streams } from '@skipstone/core';

/** A value for each stream, from its name and number of rows. */
export function eachStream<N, T>(rows: Streams<N>, of: (stream: string, count: N) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(rows).map(([stream, count]) => [stream, of(stream, count)]));
}

/** N of the streams that are allocated: those that were asked for, or the model's first. */
export function allocatedOf(rows: Streams<number>, asked?: readonly string[]): Streams<number> {
  const all = Object.keys(rows);
  const unknown = asked?.find((name) => !all.includes(name));
  if (unknown !== undefined) {
    throw new SkipstoneError({
      code: 'hsa-streams',
      what: 'hsa: the model has no such stream',
      have: `stream ${unknown}`,
      need: all.join(', '),
      do: 'leave streams out to allocate the first',
    });
  }
  const names = asked ?? all.slice(0, 1);
  return Object.fromEntries(Object.entries(rows).filter(([name]) => names.includes(name)));
}

/** The rows of a set, one by one. */
export const listOf = (set: RowSet | undefined, count: number): readonly number[] =>
  set === undefined || set === 'all' ? Array.from({ length: count }, (_, row) => row) : [...set];

export const hasNone = (rows: Rows): boolean => Object.values(rows).every((set) => set.length === 0);
