import { readFile, stat } from 'node:fs/promises';
import { SkipstoneError } from '@skipstone/core';

/** Far above real configurations (about a kilobyte). */
const LARGEST_BYTES = 2 ** 20;

/** Reads a small JSON file: a configuration of a model. */
export async function readJson(path: string): Promise<unknown> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) throw fault(path, 'there is no such file', 'a JSON file', 'complete the download');
  if (found.size > LARGEST_BYTES) {
    throw fault(path, `${found.size} bytes`, `at most ${LARGEST_BYTES} bytes`, 'download it again');
  }
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    const have = error instanceof Error ? error.message.slice(0, 120) : 'an unreadable file';
    throw fault(path, have, 'a JSON file', 'download it again', error);
  }
}

function fault(path: string, have: string, need: string, todo: string, cause?: unknown): SkipstoneError {
  const what = `${path}: this configuration cannot be read`;
  return new SkipstoneError({ code: 'wan-config-file', what, have, need, do: todo, cause });
}
