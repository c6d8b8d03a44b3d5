import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openVideo } from './open-video.js';

const NAMES = ['frame-0001.png', 'frame-0002.png'];
const SIZE = { width: 1, height: 1, framesPerSecond: 8 };

async function writeTwo(folder: string): Promise<void> {
  const video = await openVideo(folder, SIZE);
  for (const red of [0, 1]) await video.add(Uint8ClampedArray.of(red, 0, 0, 255));
  await video.close();
}

let parent = '';
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'skipstone-'));
});
afterEach(() => rm(parent, { recursive: true }));

it('makes a new folder', async () => {
  await writeTwo(join(parent, 'a/clip'));
  expect(await readdir(join(parent, 'a'))).toEqual(['clip']);
  expect(await readdir(join(parent, 'a/clip'))).toEqual(NAMES);
});

it('replaces frames in a folder and keeps its other files', async () => {
  const folder = join(parent, 'clip');
  await mkdir(folder);
  await writeFile(join(folder, 'frame-0002.png'), 'old');
  await writeFile(join(folder, 'notes.txt'), 'mine');
  await writeTwo(folder);
  expect(await readdir(folder)).toEqual([...NAMES, 'notes.txt']);
  expect(decode(await readFile(join(folder, 'frame-0002.png'))).data[0]).toBe(1);
});

it('does not mix with the frames of a longer video', async () => {
  const folder = join(parent, 'clip');
  await mkdir(folder);
  await writeFile(join(folder, 'frame-0003.png'), 'old');
  await expect(writeTwo(folder)).rejects.toThrow(/longer video.*1 more \(frame-0003\.png/s);
  expect(await readdir(folder)).toEqual(['frame-0003.png']);
});

it('leaves nothing behind where a frame fails', async () => {
  const video = await openVideo(join(parent, 'clip'), SIZE);
  await video.add(new Uint8ClampedArray(4));
  await expect(video.add(new Uint8ClampedArray(8))).rejects.toThrow(/frame 2 has another size/);
  expect(await readdir(parent)).toEqual([]);
});

it('says what to do where a file has the name of the folder', async () => {
  await writeFile(join(parent, 'clip'), '');
  await expect(writeTwo(join(parent, 'clip'))).rejects.toThrow('a file where a folder is needed');
});
