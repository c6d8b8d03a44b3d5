import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { inOwnFolder } from './own-folder.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skipstone-own-folder-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it.each([true, false])('is gone after the work; it went well: %s', async (well) => {
  let path = '';
  const working = inOwnFolder(async (own) => {
    path = own;
    await mkdir(join(own, 'deep'));
    await writeFile(join(own, 'deep', 'file'), 'x');
    if (!well) throw new Error('the work failed');
    return 7;
  });
  await (well ? expect(working).resolves.toBe(7) : expect(working).rejects.toThrow('the work failed'));
  await expect(stat(path)).rejects.toThrow('ENOENT');
});
