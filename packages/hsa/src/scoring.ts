import type { EvaluateCall, Setup, Streams, TokenCache } from '@skipstone/core';
import type { Idle } from './idle.js';
import { relativeChanges } from './score.js';
import { eachStream, listOf } from './streams.js';

/** How salient tokens are: how much their guided velocities change from step to step. */
export interface Scoring {
  /** Looks at the velocities of the rows of a call before they replace what `velocity` holds. */
  see(call: EvaluateCall, now: Streams, velocity: TokenCache): Promise<void>;
  /** True once the scored steps are over. */
  over(step: number): boolean;
  /** Score of each token by stream; more is more salient. */
  readonly scores: Streams<readonly number[]>;
}

type Seen = {
  /** First step of the run, or of the phase where all memory began anew. */
  readonly origin: number | null;
  /** How many changes the scores are the mean of. */
  readonly count: number;
  readonly scores: Readonly<Record<string, readonly number[]>>;
};

/** The mean over the scored steps; after them, where tokens are ranked anew, the latest change per step. */
export function scoring(
  run: Setup,
  [first, last]: readonly [first: number, last: number],
  idle: Idle | undefined,
): Scoring {
  const seen = run.lasting.cell<Seen>({ origin: null, count: 0, scores: {} });
  const place = (step: number): number => step - (seen.value.origin ?? step);

  const scored = (changes: Streams<readonly number[]>, call: EvaluateCall): Seen => {
    const { origin, count, scores } = seen.value;
    const early = place(call.step) <= last;
    const of = (stream: string, token: number, change: number, mean: number): number =>
      early
        ? mean + (change - mean) / (count + 1)
        : change / Math.max(1, idle?.steps(stream, token, call.step) ?? 1);
    return {
      origin,
      count: early ? count + 1 : count,
      scores: eachStream(run.rows, (stream, tokens) => {
        const all = [...(scores[stream] ?? new Array<number>(tokens).fill(0))];
        for (const [i, token] of listOf(call.rows[stream], tokens).entries())
          all[token] = of(stream, token, changes[stream]?.[i] ?? 0, all[token] ?? 0);
        return all;
      }),
    };
  };

  return {
    see: async (call, now, velocity) => {
      seen.value = { ...seen.value, origin: seen.value.origin ?? call.step };
      const at = place(call.step);
      const counts = at >= first && (at <= last || idle !== undefined);
      if (!counts || !velocity.covers(call)) return;
      seen.value = scored(await changesOf(run, velocity.read(call), now), call);
    },
    over: (step) => seen.value.count > 0 && place(step) >= last,
    get scores() {
      return seen.value.scores;
    },
  };
}

async function changesOf(run: Setup, before: Streams, now: Streams): Promise<Streams<readonly number[]>> {
  const entries = Object.keys(run.rows).map(async (stream) => {
    const [then, tensor] = [before[stream], now[stream]];
    if (!then || !tensor) throw new TypeError(`no velocity of ${stream}`);
    const [was, is] = await Promise.all([run.readBack(then), run.readBack(tensor)]);
    return [stream, relativeChanges(was, is, tensor.shape[0] ?? 0)] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}
