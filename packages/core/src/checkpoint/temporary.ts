import { createHash, randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readlinkSync, rmSync } from 'node:fs';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** What this process is writing under a name of the moment. */
const held = new Set<string>();

/**
 * Makes an empty file or folder that `work` fills and may rename; what is left of it afterwards is removed. Its name is
 * hidden, short, and says which process writes it, so that the next process to write into this folder can remove it
 * where that one was killed.
 */
export async function withTemporary<T>(
  folder: string,
  kind: 'file' | 'folder',
  work: (path: string) => Promise<T>,
): Promise<T> {
  const path = await makeTemporary(folder, kind);
  try {
    return await work(path);
  } finally {
    await removeTemporary(path);
  }
}

/** As `withTemporary`, for what outlives a function; `removeTemporary` ends it. */
export async function makeTemporary(folder: string, kind: 'file' | 'folder'): Promise<string> {
  await removeAbandoned(folder);
  const path = join(folder, `.skipstone-${MACHINE}-${process.pid}-${randomBytes(4).toString('hex')}.partial`);
  held.add(path);
  // At once, and written to as a file that is there: once it is removed for good, nothing makes it again.
  if (kind === 'folder') mkdirSync(path);
  else closeSync(openSync(path, 'wx'));
  return path;
}

/** Puts a temporary where it belongs, over a file of that name; what is no file there, such as a device, stays. */
export async function placeTemporary(temporary: string, path: string): Promise<void> {
  const there = await stat(path).catch(() => undefined);
  if (there && !there.isFile() && !there.isDirectory()) throw new Error('a device or a pipe is there');
  await rename(temporary, path);
}

export async function removeTemporary(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true }).catch(() => {});
  held.delete(path);
}

/** Removes all that this process is writing, at once: for a process that ends now. */
export function removeTemporaries(): void {
  for (const path of held) {
    try {
      rmSync(path, { recursive: true, force: true, maxRetries: 3 });
    } catch {
      // The next process to write there tries again.
    }
  }
}

/** Removes what processes of this machine that are gone left in a folder. Never throws. */
export async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const [, machine, writer] = NAME.exec(name) ?? [];
    if (machine !== MACHINE || isAlive(Number(writer))) continue;
    await rm(join(folder, name), { recursive: true, force: true }).catch(() => {});
  }
}

const NAME = /^\.skipstone-([0-9a-f]{8})-([1-9]\d{0,9})-[0-9a-f]{8}\.partial$/;

/** Machines and containers may share a folder, and a process number of another one says nothing here. */
const MACHINE = createHash('sha256').update(`${hostname()} ${processSpace()}`).digest('hex').slice(0, 8);

function processSpace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return ''; // not Linux
  }
}

function isAlive(process_: number): boolean {
  try {
    process.kill(process_, 0); // asks only, sends nothing
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}
