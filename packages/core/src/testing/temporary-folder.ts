import { mkdtempSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let root: string | undefined;

/** A folder of its own for files a test makes; all of them go when the process ends. */
export function temporaryFolder(name: string): Promise<string> {
  if (!root) {
    const made = mkdtempSync(join(tmpdir(), 'skipstone-'));
    process.once('exit', () => rmSync(made, { recursive: true, force: true }));
    root = made;
  }
  return mkdtemp(join(root, `${name}-`));
}
