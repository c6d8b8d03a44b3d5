import { SkipstoneError } from '../../error.js';
import type { Decision, Ledger } from '../../ledger/ledger.js';
import { leaderAt } from '../../plan/ask/leaders.js';
import type { Note } from '../../spec/plugin.js';
import type { Json } from '../../spec/tensor.js';

/** Where a decision is taken. */
export interface DecisionPlace {
  readonly step: number;
  /** The branches of the step, in the order they run in. */
  readonly branches: readonly string[];
  readonly branch?: string;
}

/** The one place for decisions: records, aligns and replays them. */
export class Decisions {
  readonly taken: Decision[] = [];
  private readonly byKey = new Map<string, Decision>();
  private readonly replayed: Map<string, Decision> | undefined;

  /** Leader of each aligned plugin, in the phase that runs. */
  leaders: ReadonlyMap<string, string> = new Map();

  constructor(
    replay: Ledger | undefined,
    private readonly tell: (decision: Decision) => void,
  ) {
    this.replayed = replay && new Map(replay.decisions.map((row) => [keyOf(row), row]));
  }

  /** Puts back what was decided before a run was saved. */
  restore(decisions: readonly Decision[]): void {
    for (const row of decisions) {
      this.taken.push(row);
      this.byKey.set(keyOf(row), row);
      this.replayed?.delete(keyOf(row));
    }
  }

  async decide<T extends Json>(
    plugin: string,
    place: DecisionPlace,
    key: string,
    fn: (note: Note) => T | Promise<T>,
  ): Promise<T> {
    const { step, branch } = place;
    const at = { step, plugin, key, ...(branch === undefined ? {} : { branch }) };
    if (this.byKey.has(keyOf(at))) throw decidedTwice(at);
    const leader = this.followed(plugin, place);
    if (leader !== undefined && branch !== undefined) return this.follow({ ...at, branch }, leader) as T;
    let why: Parameters<Note>[0] = {};
    const own = await fn((more) => {
      checkFinite(at, more);
      why = { ...why, ...more };
    });
    const replayed = this.replayed?.get(keyOf(at));
    this.replayed?.delete(keyOf(at));
    const value = replayed ? (replayed.value as T) : own;
    this.record({ ...at, value, ...why });
    return value;
  }

  /** The branch whose decisions hold at a place, where that is not its own. */
  followed(plugin: string, { branch, branches }: DecisionPlace): string | undefined {
    const leader = leaderAt(this.leaders.get(plugin), branches);
    return branch === undefined || branch === leader ? undefined : leader;
  }

  /** Rows of a replayed ledger that nobody asked for. */
  get unasked(): readonly Decision[] {
    return [...(this.replayed?.values() ?? [])].filter((row) => row.follows === undefined);
  }

  private follow(at: { step: number; plugin: string; key: string; branch: string }, leader: string): Json {
    const led = this.byKey.get(keyOf({ ...at, branch: leader }));
    if (!led) throw noLeader(at, leader);
    this.replayed?.delete(keyOf(at));
    this.record({ ...at, value: led.value, follows: leader });
    return led.value;
  }

  private record(row: Decision): void {
    this.taken.push(row);
    this.byKey.set(keyOf(row), row);
    this.tell(row);
  }
}

const keyOf = (at: { step: number; branch?: string | undefined; plugin: string; key: string }): string =>
  JSON.stringify([at.step, at.branch ?? null, at.plugin, at.key]);

/** NaN compares as false with everything: a cache that decides by it would silently never fire. */
function checkFinite(at: { step: number; plugin: string; key: string }, why: Parameters<Note>[0]): void {
  const bad = [why.signal, why.threshold].find((value) => value !== undefined && !Number.isFinite(value));
  if (bad === undefined) return;
  throw new SkipstoneError({
    code: 'decision-signal',
    what: `${at.plugin}: it decides ${at.key} by a number that is none, at step ${at.step}`,
    have: String(bad),
    need: 'a finite signal and threshold',
    do: 'check the latents and the weights for values that are not finite',
  });
}

function decidedTwice(at: { step: number; plugin: string; key: string }): SkipstoneError {
  return new SkipstoneError({
    code: 'decision-twice',
    what: `${at.plugin}: it decides ${at.key} twice at step ${at.step}`,
    have: 'one decision of this name in this call already',
    need: 'keys that are unique within a call',
    do: 'give the second decision another key',
  });
}

function noLeader(
  at: { step: number; plugin: string; key: string; branch: string },
  leader: string,
): SkipstoneError {
  return new SkipstoneError({
    code: 'decision-leader',
    what: `${at.plugin}: branch ${at.branch} follows ${leader}, which has not decided ${at.key} at step ${at.step}`,
    have: `no decision of ${leader}`,
    need: 'a leader that takes every decision of its followers',
    do: 'decide the same keys for every branch of a step',
  });
}
