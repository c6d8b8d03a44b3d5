import type { RunEvent, Tell } from '../loop/step/events.js';

/** A run that goes on: iterate over its events, await its result, or both. */
export interface Run<Result> extends AsyncIterable<RunEvent> {
  readonly result: Promise<Result>;
}

/**
 * Starts work and hands its events on. Iterating ends when the work ends, and throws what it threw; events
 * from before the iteration began are not lost. Each event is handed on once: two iterations share them.
 */
export function startRun<Result>(work: (tell: Tell) => Promise<Result>): Run<Result> {
  const waiting: RunEvent[] = [];
  const sleepers: (() => void)[] = [];
  const wake = (): void => {
    for (const sleeper of sleepers.splice(0)) sleeper();
  };
  let done = false;
  const result = work((event) => {
    waiting.push(event);
    wake();
  }).finally(() => {
    done = true;
    wake();
  });
  return {
    result,
    async *[Symbol.asyncIterator]() {
      // The iteration reports the failure itself; without this the promise would be reported once more.
      result.catch(() => {});
      for (;;) {
        for (let event = waiting.shift(); event; event = waiting.shift()) yield event;
        if (done) break;
        await new Promise<void>((resolve) => sleepers.push(resolve));
      }
      await result;
    },
  };
}
