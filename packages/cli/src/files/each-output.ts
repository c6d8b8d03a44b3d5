import { SkipstoneError } from '@skipstone/core';

/** An output, and what writes it. */
export type Writing = readonly [path: string, write: () => Promise<unknown>];

const toStandardError = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

/**
 * Writes every output that can be written, whatever becomes of the others, and says of each of those why not. Gives
 * the names of those that were.
 */
export async function eachOutput(
  outputs: readonly Writing[],
  say: (text: string) => void = toStandardError,
): Promise<readonly string[]> {
  const written: string[] = [];
  for (const [path, write] of outputs) {
    try {
      await write();
      written.push(path);
    } catch (error) {
      if (!(error instanceof SkipstoneError && error.code.startsWith('write-'))) throw error;
      say(error.message);
    }
  }
  return written;
}
