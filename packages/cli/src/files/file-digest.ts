import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { SkipstoneError } from '@skipstone/core';

/** SHA-256 of a file that an option names, as hexadecimal digits. */
export async function fileDigest(option: string, path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const piece of createReadStream(path)) hash.update(piece);
  } catch (cause) {
    throw new SkipstoneError({
      code: 'input-file',
      what: `${option} ${path}: this file cannot be read`,
      have: cause instanceof Error ? cause.message : String(cause),
      need: 'a file',
      do: 'check the path',
      cause,
    });
  }
  return hash.digest('hex');
}
