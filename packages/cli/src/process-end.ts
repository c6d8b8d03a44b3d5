import { EXIT } from './exit.js';

/** Ctrl-C and the like while a job runs. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** Gives the signals back. */
  release(): void;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

let job: { readonly controller: AbortController; say(text: string): void } | undefined;
let printFailed = false;

/**
 * How this process ends, whatever command it runs. A signal stops the job that can be stopped; the next, or the first
 * where there is none, ends the process. A reader that goes away is not told any more, and the work goes on: the exit
 * code says how it went.
 */
export function watchProcess(): void {
  for (const name of SIGNALS) process.on(name, () => void interrupt(name));
  process.stderr.on('error', () => {}); // there is nobody left to tell
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && !printFailed) void cannotPrint(error);
  });
}

/** The exit code of a command, once it is known whether its output could be printed. */
export const endCode = (code: number): number => (printFailed && code === EXIT.ok ? EXIT.failure : code);

/** The first Ctrl-C stops between spans and leaves nothing alive; the second ends the process at once. */
export function interruption(say: (text: string) => void): Interruption {
  const controller = new AbortController();
  job = { controller, say };
  return {
    signal: controller.signal,
    release: () => {
      job = undefined;
    },
  };
}

async function interrupt(name: NodeJS.Signals): Promise<void> {
  if (job && !job.controller.signal.aborted) {
    job.controller.abort();
    return job.say('stopping after the span that runs now; Ctrl-C again quits at once');
  }
  // By the signal, not by process.exit: that would tear the runtime's thread down in the middle of a native call.
  await import('@skipstone/core').then((core) => core.removeTemporaries()).catch(() => {});
  for (const each of SIGNALS) process.removeAllListeners(each);
  process.kill(process.pid, name);
}

async function cannotPrint(cause: Error): Promise<void> {
  printFailed = true;
  process.exitCode = EXIT.failure;
  const [{ SkipstoneError }, { reportError }] = await Promise.all([
    import('@skipstone/core'),
    import('./report-error.js'),
  ]);
  reportError(
    new SkipstoneError({
      code: 'print-failed',
      what: 'skipstone: cannot print',
      have: cause.message,
      need: 'a place for standard output that takes it',
      do: 'send it to a terminal, a pipe or another disk; files that were named are written all the same',
      cause,
    }),
  );
}
