import type { EvaluateCall, Note, Rows, Setup, Streams, TokenCache } from '@skipstone/core';
import {
  type Assignment,
  checkAssignment,
  cutGroups,
  encodeGroups,
  MOST_GROUPS,
  tokensOf,
} from './groups.js';
import { idle } from './idle.js';
import type { Allocation } from './options.js';
import type { RunPlan } from './run-plan.js';
import { scoring } from './scoring.js';
import { eachStream, hasNone } from './streams.js';

/** Which token belongs to which group, once that is known. */
export interface TokenGroups {
  /**
   * Tokens of each group; undefined until the groups are decided. Where streams are not allocated, their tokens are
   * one group more, due at every step.
   */
  readonly groups: readonly Streams<Int32Array>[] | undefined;
  /** The tokens of due groups, those of streams that are not allocated, and those that idled for too long. */
  active(step: number, due: readonly boolean[]): Rows;
  /** Takes note of what a call computed, before it replaces what `velocity` holds. */
  see(call: EvaluateCall, now: Streams, velocity: TokenCache): Promise<void>;
  /** Decides the groups when it is time to. */
  settle(call: EvaluateCall): Promise<void>;
}

/**
 * Groups are given, or decided once from how much each token's velocity changes (all tokens are computed
 * until then), or ranked anew at every nth step. Tokens that are pinned to clean latents come last.
 */
export function tokenGroups(
  setup: Setup,
  allocation: Allocation,
  { fractions, scored, allocated }: RunPlan,
): TokenGroups {
  const run = { ...setup, rows: allocated };
  const others = othersOf(setup.rows, allocated);
  const { strides, assignment: given, maxIdle, rerank } = allocation;
  const assignment = run.lasting.cell<Assignment | null>(null);
  const idling = maxIdle === undefined && rerank === undefined ? undefined : idle(run);
  const scores = scored && scoring(run, scored, rerank === undefined ? undefined : idling);
  let known: { readonly of: Assignment; readonly groups: readonly Streams<Int32Array>[] } | undefined;

  const groups = (): readonly Streams<Int32Array>[] | undefined => {
    const { value } = assignment;
    if (value === null) return undefined;
    if (known?.of !== value)
      known = { of: value, groups: withOthers(tokensOf(value, strides.length), others) };
    return known.groups;
  };
  const cut = (note: Note): Assignment => {
    if (!scores) return given ?? {};
    const all = Object.values(scores.scores).flat();
    note({ signal: all.reduce((a, b) => a + b, 0) / all.length, reason: 'mean change of the velocity' });
    return eachStream(run.rows, (stream) =>
      encodeGroups(cutGroups(scores.scores[stream] ?? [], fractions, run.pinned[stream])),
    );
  };

  return {
    get groups() {
      return groups();
    },
    active: (step, due) => {
      if (due.every(Boolean)) return eachStream(setup.rows, () => 'all' as const);
      const isActive = (stream: string, token: number, group: string): boolean =>
        due[Number.parseInt(group, MOST_GROUPS)] === true ||
        (maxIdle !== undefined && (idling?.steps(stream, token, step) ?? 0) > maxIdle);
      const rows = eachStream(run.rows, (stream) => {
        const letters = [...(assignment.value?.[stream] ?? '')];
        return Int32Array.from(
          letters.flatMap((group, token) => (isActive(stream, token, group) ? [token] : [])),
        );
      });
      const always = eachStream(others, () => 'all' as const);
      if (hasNone(rows) && hasNone(always)) return rows;
      return { ...inEveryStream(rows, groups()?.[0] ?? {}), ...always };
    },
    see: async (call, now, velocity) => {
      await scores?.see(call, now, velocity);
      idling?.note(call);
    },
    settle: async (call) => {
      const undecided = assignment.value === null && (scores?.over(call.step) ?? true);
      const again = assignment.value !== null && rerank !== undefined && call.step % rerank === 0;
      if (!undecided && !again) return;
      const decided = await call.decide('groups', cut);
      // A replayed ledger may have been edited.
      checkAssignment(decided, run.rows, strides.length);
      assignment.value = decided;
    },
  };
}

/** N of the streams that are not allocated. */
const othersOf = (all: Streams<number>, allocated: Streams<number>): Streams<number> =>
  Object.fromEntries(Object.entries(all).filter(([stream]) => allocated[stream] === undefined));

/** The groups, and one more of all tokens of other streams; each lists every stream. */
function withOthers(
  groups: readonly Streams<Int32Array>[],
  others: Streams<number>,
): readonly Streams<Int32Array>[] {
  if (Object.keys(others).length === 0) return groups;
  const [none, all] = [
    eachStream(others, () => new Int32Array()),
    eachStream(others, (_, count) => Int32Array.from({ length: count }, (__, row) => row)),
  ];
  const own = eachStream(groups[0] ?? {}, () => new Int32Array());
  return [...groups.map((group) => ({ ...group, ...none })), { ...own, ...all }];
}

/** A pass computes some rows of every stream: one with none that are due computes its first group. */
function inEveryStream(rows: Streams<Int32Array>, first: Streams<Int32Array>): Rows {
  return Object.fromEntries(
    Object.entries(rows).map(([stream, list]) => [stream, list.length > 0 ? list : (first[stream] ?? list)]),
  );
}
