import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { placeTemporary, withTemporary, writeError } from '@skipstone/core';

/** Writes a file whole or not at all: a killed run leaves at most a hidden file beside it. */
export async function placeFile(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await withTemporary(dirname(path), 'file', async (temporary) => {
      await writeFile(temporary, bytes, { flag: 'r+', flush: true });
      await placeTemporary(temporary, path);
    });
  } catch (cause) {
    throw writeError(path, cause);
  }
}
