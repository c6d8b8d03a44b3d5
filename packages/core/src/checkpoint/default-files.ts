import type { Files } from './files.js';

/** The files given, or Node's. Imported only when asked for, so that a browser bundle never loads `node:fs`. */
export async function defaultFiles(files: Files | undefined): Promise<Files> {
  return files ?? (await import('./node-files.js')).nodeFiles;
}

/** What `work` gives, and every file that it opened to read through Node's files, whoever asked for it. */
export async function watchReads<T>(
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly files: readonly string[] }> {
  return (await import('./node-files.js')).watchReads(work);
}

/**
 * Lends an empty file or folder in `folder`, to be filled and renamed: it is hidden, removed where the work fails, and by
 * the next process that writes there where this one is killed.
 */
export async function withTemporary<T>(
  folder: string,
  kind: 'file' | 'folder',
  work: (path: string) => Promise<T>,
): Promise<T> {
  return (await import('./temporary.js')).withTemporary(folder, kind, work);
}

/** As `withTemporary`, for what outlives a function; `removeTemporary` ends it. */
export async function makeTemporary(folder: string, kind: 'file' | 'folder'): Promise<string> {
  return (await import('./temporary.js')).makeTemporary(folder, kind);
}

/** Renames a temporary to `path`, over a file that is there, but over no device or pipe. */
export async function placeTemporary(temporary: string, path: string): Promise<void> {
  await (await import('./temporary.js')).placeTemporary(temporary, path);
}

export async function removeTemporary(path: string): Promise<void> {
  await (await import('./temporary.js')).removeTemporary(path);
}

/** Removes every file that this process has begun and not finished: for a process that ends now. */
export async function removeTemporaries(): Promise<void> {
  (await import('./temporary.js')).removeTemporaries();
}
