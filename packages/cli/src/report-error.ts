import { SkipstoneError } from '@skipstone/core';
import { exitCodeOf } from './exit-code.js';

/** Prints an error as its four lines, with the stack where `SKIPSTONE_DEBUG` asks; gives the exit code. */
export function reportError(error: unknown): number {
  const debug = (process.env.SKIPSTONE_DEBUG ?? '') !== '';
  if (error instanceof SkipstoneError) {
    process.stderr.write(`${error.message}\n`);
    if (debug) process.stderr.write(`${error.stack}\n`);
    for (let { cause } = error; debug && cause instanceof Error; cause = cause.cause as Error | undefined) {
      process.stderr.write(`caused by ${cause.stack}\n`);
    }
    return exitCodeOf(error);
  }
  const message = error instanceof Error ? error.message : String(error);
  const lines = isOfSystem(error)
    ? [
        'skipstone: the system could not do what was asked of it',
        `  have   ${message}`,
        '  need   files, space and permissions, as it says',
        '  do     mend what it names, and run it again',
      ]
    : [
        'skipstone: something unforeseen went wrong',
        `  have   ${message}`,
        '  need   no such error: this is a fault of Skipstone',
        '  do     run it again with SKIPSTONE_DEBUG=1 and report what it prints',
      ];
  process.stderr.write(`${lines.join('\n')}\n`);
  if (debug && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return exitCodeOf(error);
}

/** Calls of the system that fail name themselves. */
const isOfSystem = (error: unknown): boolean => error instanceof Error && 'syscall' in error;
