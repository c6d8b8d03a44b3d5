import { SkipstoneError, type Streams } from '@skipstone/core';

/** Group of every token by stream: one character a token, `0` to `9`, then `a` to `z`. */
export type Assignment = Streams<string>;

/** As many groups as one character can name. */
export const MOST_GROUPS = 36;

/**
 * Cuts the descending score at the cumulated fractions, rounded to whole tokens: the group of each token.
 * The first group gets one token at least; equal scores stand in the order of their tokens. Pinned tokens
 * come last whatever their score.
 */
export function cutGroups(
  scores: readonly number[],
  fractions: readonly number[],
  pinned: Iterable<number> = [],
): readonly number[] {
  const last = new Set(pinned);
  const rank = (token: number): number => (last.has(token) ? Number.NEGATIVE_INFINITY : (scores[token] ?? 0));
  const order = scores.map((_, token) => token).sort((a, b) => compare(rank(b), rank(a)) || a - b);
  const ends: number[] = [];
  let sum = 0;
  for (const fraction of fractions) {
    sum += fraction;
    ends.push(Math.max(1, Math.round(sum * scores.length)));
  }
  const groups = new Array<number>(scores.length).fill(0);
  order.forEach((token, place) => {
    const group = ends.findIndex((end) => place < end);
    groups[token] = group < 0 ? fractions.length - 1 : group;
  });
  return groups;
}

const compare = (a: number, b: number): number => (a < b ? -1 : a > b ? 1 : 0);

export const encodeGroups = (groups: readonly number[]): string =>
  groups.map((group) => group.toString(MOST_GROUPS)).join('');

/** Tokens of each group, ascending. */
export function tokensOf(assignment: Assignment, groups: number): readonly Streams<Int32Array>[] {
  const of = (group: string) =>
    Object.fromEntries(
      Object.entries(assignment).map(([stream, text]) => [
        stream,
        Int32Array.from([...text].flatMap((letter, token) => (letter === group ? [token] : []))),
      ]),
    );
  return Array.from({ length: groups }, (_, k) => of(k.toString(MOST_GROUPS)));
}

/** Refuses an assignment that is not of these tokens and groups. */
export function checkAssignment(assignment: Assignment, rows: Streams<number>, groups: number): void {
  for (const stream of Object.keys(assignment)) {
    if (rows[stream] === undefined)
      throw wrong(`a stream ${stream}`, `streams ${Object.keys(rows).join(', ')}`);
  }
  const letters = Array.from({ length: groups }, (_, k) => k.toString(MOST_GROUPS));
  for (const [stream, count] of Object.entries(rows)) {
    const text = assignment[stream] ?? '';
    if (text.length !== count) throw wrong(`${text.length} tokens of ${stream}`, `${count} tokens`);
    const other = [...text].find((letter) => !letters.includes(letter));
    if (other !== undefined) throw wrong(`a group ${other} of ${stream}`, `groups ${letters.join(', ')}`);
    if (!text.includes('0')) throw wrong(`no token of ${stream} in group 0`, 'one in each stream at least');
  }
}

function wrong(have: string, need: string): SkipstoneError {
  return new SkipstoneError({
    code: 'hsa-assignment',
    what: 'hsa: this assignment is not of this run',
    have,
    need,
    do: 'take the assignment of a run of the same size and strides: assignmentOf(ledger)',
  });
}
