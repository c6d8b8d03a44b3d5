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
