import { AsyncLocalStorage } from 'node:async_hooks';
import { type FileHandle, open, readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SkipstoneError } from '../error.js';
import type { ByteSink, ByteSource, Files } from './files.js';
import { makeTemporary, placeTemporary, removeTemporary } from './temporary.js';
import { writeError } from './write-error.js';

/** Bytes asked for at once; one read call of the system takes less than 2 GiB. */
const LARGEST_READ = 1 << 30;

/** Where the paths go that somebody watches being opened. */
const watched = new AsyncLocalStorage<Set<string>>();

/** What `work` gives, and the files that it read. */
export async function watchReads<T>(
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly files: readonly string[] }> {
  const files = new Set<string>();
  return { result: await watched.run(files, work), files: [...files] };
}

/** Node's file system. */
export const nodeFiles: Files = {
  kind: async (path) => {
    try {
      const found = await stat(path);
      if (found.isDirectory()) return 'folder';
      return found.isFile() ? 'file' : 'missing'; // a pipe or a device would block
    } catch (error) {
      if (isMissing(error)) return 'missing';
      throw unreadable(path, error);
    }
  },
  list: async (folder) => (await orUnreadable(folder, readdir(folder))).sort(),
  realPath: (path) => orUnreadable(path, realpath(path)),
  join: (folder, name) => join(folder, name),
  folderOf: (path) => dirname(path),
  open: async (path) => {
    watched.getStore()?.add(path);
    const handle = await orUnreadable(path, open(path, 'r'));
    const { size } = await handle.stat();
    return source(handle, size, path);
  },
  create: async (path) => {
    const temporary = await orUnwritten(path, makeTemporary(dirname(path), 'file'));
    return sink(await orUnwritten(path, open(temporary, 'r+')), temporary, path);
  },
};

function source(handle: FileHandle, size: number, path: string): ByteSource {
  return {
    size,
    read: async (offset, length) => {
      const bytes = new Uint8Array(length);
      let filled = 0;
      while (filled < length) {
        const ask = Math.min(length - filled, LARGEST_READ);
        const { bytesRead } = await orUnreadable(path, handle.read(bytes, filled, ask, offset + filled));
        if (bytesRead === 0) throw endedEarly(path, offset + length, offset + filled);
        filled += bytesRead;
      }
      return bytes;
    },
    close: () => handle.close(),
  };
}

function sink(handle: FileHandle, temporary: string, path: string): ByteSink {
  return {
    write: async (bytes) => {
      let written = 0;
      while (written < bytes.byteLength) {
        const ask = Math.min(bytes.byteLength - written, LARGEST_READ);
        written += (await orUnwritten(path, handle.write(bytes, written, ask))).bytesWritten;
      }
    },
    commit: () =>
      orUnwritten(
        path,
        (async () => {
          await handle.sync();
          await handle.close();
          await placeTemporary(temporary, path);
          await removeTemporary(temporary);
        })(),
      ),
    abort: async () => {
      await handle.close();
      await removeTemporary(temporary);
    },
  };
}

function isMissing(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

async function orUnreadable<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

async function orUnwritten<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw writeError(path, cause);
  }
}

function unreadable(path: string, cause: unknown): SkipstoneError {
  return new SkipstoneError({
    code: 'checkpoint-read',
    what: `cannot read ${path}`,
    have: cause instanceof Error ? cause.message : String(cause),
    need: 'a file that may be read',
    do: 'check the path and its permissions',
    cause,
  });
}

function endedEarly(path: string, need: number, have: number): SkipstoneError {
  return new SkipstoneError({
    code: 'checkpoint-read',
    what: `${path} ended early`,
    have: `${have} bytes`,
    need: `${need} bytes`,
    do: 'the file changed while it was read: download it again, or wait until it is complete',
  });
}
