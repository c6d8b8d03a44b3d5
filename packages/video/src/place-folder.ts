import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SkipstoneError, withTemporary, writeError } from '@skipstone/core';

export interface NamedBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * Writes files into a folder. A new folder appears whole or not at all. Into a folder that is there already,
 * each file is moved whole, over one of the same name; other files stay. Frames that an earlier, longer run
 * left behind would mix two videos: that is an error, before anything is written.
 */
export async function placeFolder(
  folder: string,
  names: readonly string[],
  files: Iterable<NamedBytes>,
): Promise<void> {
  try {
    await mkdir(dirname(folder), { recursive: true });
    const present = await namesIn(folder);
    const mixed = present?.filter((name) => FRAME_NAME.test(name) && !names.includes(name)) ?? [];
    if (mixed.length > 0) throw framesOfAnotherRun(folder, mixed);
    // Inside a folder that is there, because that folder may be a disk of its own.
    await withTemporary(present === undefined ? dirname(folder) : folder, 'folder', async (staged) => {
      for (const { name, bytes } of files) await writeFile(join(staged, name), bytes, { flush: true });
      if (present === undefined) return rename(staged, folder);
      for (const name of names) await rename(join(staged, name), join(folder, name));
    });
  } catch (cause) {
    throw writeError(folder, cause);
  }
}

/** The names `writeFrames` gives to frames. */
const FRAME_NAME = /^frame-\d{4,}\.png$/;

async function namesIn(folder: string): Promise<readonly string[] | undefined> {
  try {
    return await readdir(folder);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw cause;
  }
}

function framesOfAnotherRun(folder: string, names: readonly string[]): SkipstoneError {
  return new SkipstoneError({
    code: 'write-mixed-frames',
    what: `write: '${folder}' holds frames of a longer video`,
    have: `${names.length} more (${names[0] ?? ''} …)`,
    need: 'a folder without them, so that two videos do not mix',
    do: 'name another folder, or remove those frames',
  });
}
