import { type DenoiseRequest, type DenoiseResult, denoise } from '@skipstone/core';
import { interleave, type Rounds } from './statistics.js';

export interface StepTime {
  /** Milliseconds from when the step was asked for until everything of it was done. */
  readonly wallMs: number;
  /** Milliseconds of it inside the runtime. */
  readonly runtimeMs: number;
}

/** A run that computes one step when it is asked to, so that several runs can take turns. */
export interface SteppedRun {
  /** The next step. The first one opens sessions too: warm-up. */
  next(): Promise<StepTime>;
  /** The rest of the steps, untimed. */
  finish(): Promise<DenoiseResult>;
  /** Ends a run that was not finished. */
  abort(): Promise<void>;
}

/** Holds `denoise` between its steps. */
export function steppedRun(request: Omit<DenoiseRequest, 'tell' | 'afterStep' | 'signal'>): SteppedRun {
  const stop = new AbortController();
  let result: Promise<DenoiseResult> | undefined;
  let go: () => void = () => {};
  let stepped: (time: StepTime) => void = () => {};
  let [began, runtimeMs, free] = [0, 0, false];
  const start = (): Promise<DenoiseResult> =>
    denoise({
      ...request,
      signal: stop.signal,
      tell: (event) => {
        if (event.type === 'step') runtimeMs = event.ms;
      },
      afterStep: async () => {
        const wallMs = performance.now() - began;
        const goOn = free ? undefined : new Promise<void>((resolve) => (go = resolve));
        stepped({ wallMs, runtimeMs });
        await goOn;
      },
    });
  return {
    next: async () => {
      const time = new Promise<StepTime>((resolve) => (stepped = resolve));
      began = performance.now();
      if (result) go();
      else result = start();
      return Promise.race([time, result.then(noMoreSteps)]);
    },
    finish: async () => {
      free = true;
      go();
      return result ?? start();
    },
    abort: async () => {
      stop.abort();
      go();
      await result?.catch(() => {});
    },
  };
}

function noMoreSteps(): never {
  throw new RangeError('the run has no more steps');
}

/** What takes turns: a run, or anything else that is timed. */
type Turn = Pick<SteppedRun, 'next'> & Partial<SteppedRun>;

/** Something that is timed as a whole, as a run is step by step. */
export const timed = (work: () => Promise<number>): Turn => ({
  next: async () => {
    const ms = await work();
    return { wallMs: ms, runtimeMs: ms };
  },
});

/**
 * Runs take turns, a step each. Gives the times of each by round, and what it came to; ends all of them. `start` is told
 * how many rounds there are: two warm up unless told otherwise, since first steps open sessions and read the text.
 */
export async function inTurn<Name extends string>(
  { repeats, warmUp = 2 }: Rounds,
  start: (rounds: number) => Readonly<Record<Name, Turn>>,
) {
  const runs = Object.entries<Turn>(start(repeats + warmUp));
  try {
    const times = await interleave(Object.fromEntries(runs.map(([name, run]) => [name, () => run.next()])), {
      repeats,
      warmUp,
    });
    const results = await Promise.all(runs.map(async ([name, run]) => [name, await run.finish?.()] as const));
    const by = <Value>(of: (name: string) => Value) =>
      Object.fromEntries(runs.map(([name]) => [name, of(name)])) as Readonly<Record<Name, Value>>;
    const ended = new Map(results);
    return {
      wallMs: by((name) => (times[name] ?? []).map((time) => time.wallMs)),
      runtimeMs: by((name) => (times[name] ?? []).map((time) => time.runtimeMs)),
      latents: by((name) => ended.get(name)?.latents ?? {}),
    };
  } finally {
    await Promise.all(runs.map(([, run]) => run.abort?.()));
  }
}
