import type { Files } from './files.js';

/** The files given, or Node's. Imported only when asked for, so that a browser bundle never loads `node:fs`. */
export async function defaultFiles(files: Files | undefined): Promise<Files> {
  return files ?? (await import('./node-files.js')).nodeFiles;
}
