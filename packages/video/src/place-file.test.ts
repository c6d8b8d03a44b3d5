import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { placeFile } from './place-file.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skipstone-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('makes the folders above the file', async () => {
  const path = join(folder, 'a/b/clip.gif');
  await placeFile(path, Uint8Array.of(1, 2));
  expect([...(await readFile(path))]).toEqual([1, 2]);
  expect(await readdir(join(folder, 'a/b'))).toEqual(['clip.gif']);
});

it('replaces the file that is there', async () => {
  const path = join(folder, 'clip.gif');
  await writeFile(path, 'a longer file');
  await placeFile(path, Uint8Array.of(1));
  expect([...(await readFile(path))]).toEqual([1]);
});

it('says what to do where a file stands in place of a folder', async () => {
  await writeFile(join(folder, 'file'), '');
  const path = join(folder, 'file/clip.gif');
  await expect(placeFile(path, Uint8Array.of(1))).rejects.toThrow(
    /cannot write.*a file where a folder is needed/s,
  );
});

it('leaves nothing behind where the last step fails', async () => {
  await placeFile(join(folder, 'clip.gif/inside'), Uint8Array.of(1));
  await expect(placeFile(join(folder, 'clip.gif'), Uint8Array.of(2))).rejects.toThrow(
    'a folder of that name',
  );
  expect(await readdir(folder)).toEqual(['clip.gif']);
});
