import { spawnSync } from 'node:child_process';

/** The number of a process that is gone. */
export async function deadProcess(): Promise<number> {
  return spawnSync(process.execPath, ['-e', '']).pid;
}
