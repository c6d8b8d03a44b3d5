import { mkdir, rm, stat, statfs } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { nodeFiles } from '../checkpoint/node-files.js';
import { removeAbandoned } from '../checkpoint/temporary.js';
import type { SidecarFiles } from './sidecar-files.js';

/** Node's file system for sidecars. */
export const nodeSidecarFiles: SidecarFiles = {
  ...nodeFiles,
  defaultFolder: () => defaultSidecarFolder(process.env),
  makeFolder: async (folder) => {
    await mkdir(folder, { recursive: true });
  },
  freeBytes: async (folder) => {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  },
  sizeOf: async (path) => {
    const found = await statOrNone(path);
    return found?.isFile() ? found.size : undefined;
  },
  remove: (path) => rm(path, { force: true }),
  removeAbandoned,
};

/**
 * SKIPSTONE_CACHE, or `skipstone` in XDG_CACHE_HOME, or `~/.cache/skipstone`. A relative XDG_CACHE_HOME does
 * not count. Source: XDG Base Directory Specification 0.8.
 */
export function defaultSidecarFolder(env: Readonly<Record<string, string | undefined>>): string {
  if (env.SKIPSTONE_CACHE) return resolve(env.SKIPSTONE_CACHE);
  const caches = env.XDG_CACHE_HOME;
  return join(caches && isAbsolute(caches) ? caches : join(homedir(), '.cache'), 'skipstone');
}

const statOrNone = (path: string) => stat(path).catch(() => undefined);
