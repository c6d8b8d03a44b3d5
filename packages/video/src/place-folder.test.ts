import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { placeFolder } from './place-folder.js';

const NAMES = ['frame-0001.png', 'frame-0002.png'];
const FILES = NAMES.map((name, at) => ({ name, bytes: Uint8Array.of(at) }));

let parent = '';
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'skipstone-'));
});
afterEach(() => rm(parent, { recursive: true }));

it('makes a new folder', async () => {
  await placeFolder(join(parent, 'a/clip'), NAMES, FILES);
  expect(await readdir(join(parent, 'a'))).toEqual(['clip']);
  expect(await readdir(join(parent, 'a/clip'))).toEqual(NAMES);
});

it('replaces frames in a folder and keeps its other files', async () => {
  const folder = join(parent, 'clip');
  await mkdir(folder);
  await writeFile(join(folder, 'frame-0002.png'), 'old');
  await writeFile(join(folder, 'notes.txt'), 'mine');
  await placeFolder(folder, NAMES, FILES);
  expect(await readdir(folder)).toEqual([...NAMES, 'notes.txt']);
  expect([...(await readFile(join(folder, 'frame-0002.png')))]).toEqual([1]);
});

it('does not mix with the frames of a longer video', async () => {
  const folder = join(parent, 'clip');
  await mkdir(folder);
  await writeFile(join(folder, 'frame-0003.png'), 'old');
  await expect(placeFolder(folder, NAMES, FILES)).rejects.toThrow(/longer video.*1 more \(frame-0003\.png/s);
  expect(await readdir(folder)).toEqual(['frame-0003.png']);
});

it('leaves nothing behind where a frame fails', async () => {
  function* failing() {
    yield* FILES.slice(0, 1);
    throw new Error('out of memory');
  }
  await expect(placeFolder(join(parent, 'clip'), NAMES, failing())).rejects.toThrow('out of memory');
  expect(await readdir(parent)).toEqual([]);
});

it('says what to do where a file has the name of the folder', async () => {
  await writeFile(join(parent, 'clip'), '');
  await expect(placeFolder(join(parent, 'clip'), NAMES, FILES)).rejects.toThrow(
    'a file where a folder is needed',
  );
});
