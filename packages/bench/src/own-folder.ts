import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a shell expects of a process that Ctrl-C ended. */
const ABORTED = 130;

/** Lends a new folder for temporary files: it is gone after the work, where that fails, and after Ctrl-C. */
export async function inOwnFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'skipstone-bench-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  const stop = (): void => {
    try {
      remove();
    } finally {
      process.exit(ABORTED);
    }
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of signals) process.on(name, stop);
  try {
    return await work(folder);
  } finally {
    for (const name of signals) process.off(name, stop);
    remove();
  }
}
