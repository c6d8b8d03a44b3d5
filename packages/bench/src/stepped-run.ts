import { type DenoiseRequest, type DenoiseResult, denoise } from '@skipstone/core';

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
