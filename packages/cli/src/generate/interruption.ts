import { EXIT } from '../exit.js';

/** Ctrl-C and the like while a job runs. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** Gives the signals back. */
  release(): void;
}

/** The first Ctrl-C stops between spans and leaves nothing alive; the second ends the process at once. */
export function interruption(say: (text: string) => void): Interruption {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(EXIT.aborted);
    controller.abort();
    say('stopping after the span that runs now; Ctrl-C again quits at once');
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of signals) process.on(name, stop);
  return {
    signal: controller.signal,
    release: () => {
      for (const name of signals) process.off(name, stop);
    },
  };
}
