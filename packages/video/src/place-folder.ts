import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeTemporary, removeTemporary, SkipstoneError } from '@skipstone/core';

/** A folder of frames that is being written. */
export interface OpenFolder {
  write(name: string, bytes: Uint8Array): Promise<void>;
  /** Puts what was written where it belongs. */
  close(): Promise<void>;
  abandon(): Promise<void>;
}

/**
 * Opens a folder for frames. A new folder appears whole or not at all. Into a folder that is there already,
 * each file is moved whole, over one of the same name; other files stay. Frames that an earlier, longer run
 * left behind would mix two videos: that is an error, before any of them is moved.
 */
export async function openFolder(folder: string): Promise<OpenFolder> {
  await mkdir(dirname(folder), { recursive: true });
  const present = await namesIn(folder);
  // Inside a folder that is there, because that folder may be a disk of its own.
  const staged = await makeTemporary(present === undefined ? dirname(folder) : folder, 'folder');
  const names: string[] = [];
  return {
    write: async (name, bytes) => {
      names.push(name);
      await writeFile(join(staged, name), bytes, { flush: true });
    },
    close: async () => {
      const mixed = present?.filter((name) => FRAME_NAME.test(name) && !names.includes(name)) ?? [];
      if (mixed.length > 0) throw framesOfAnotherRun(folder, mixed);
      if (present === undefined) await rename(staged, folder);
      else for (const name of names) await rename(join(staged, name), join(folder, name));
      await removeTemporary(staged);
    },
    abandon: () => removeTemporary(staged),
  };
}

/** The names that frames are given. */
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
