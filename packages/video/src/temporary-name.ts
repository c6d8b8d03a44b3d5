import { randomUUID } from 'node:crypto';
import { basename, dirname, join } from 'node:path';

/**
 * A hidden name in the same folder, hence on the same disk, so that renaming it to `path` is one atomic
 * step.
 */
export function temporaryName(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomUUID().slice(0, 8)}.partial`);
}
