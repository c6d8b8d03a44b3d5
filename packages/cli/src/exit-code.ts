import { SkipstoneError } from '@skipstone/core';
import { EXIT } from './exit.js';

const failures = new WeakSet<object>();

/** Marks an error as one of work that had begun. */
export function failed(error: unknown): unknown {
  if (typeof error === 'object' && error !== null) failures.add(error);
  return error;
}

/** Does what was asked for, once all that can be refused has been: what goes wrong in it is a failure. */
export async function atWork<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw failed(error);
  }
}

/**
 * The one rule: 2 where something was refused before anything was computed or written (what was typed, a file that it
 * names, a model, this machine), 1 where it failed at work. What is no `SkipstoneError` is unforeseen: 1.
 */
export const exitCodeOf = (error: unknown): number =>
  error instanceof SkipstoneError && !failures.has(error) ? EXIT.usage : EXIT.failure;
