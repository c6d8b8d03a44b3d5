import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@skipstone/core/testing';
import { expect, it } from 'vitest';
import { openVideo } from './open-video.js';
import { writeFrames } from './write-frames.js';

/** Noise that is the same everywhere. */
function frame(width: number, height: number, index: number): Uint8ClampedArray {
  let state = index + 1;
  return Uint8ClampedArray.from({ length: width * height * 4 }, (_, at) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return at % 4 === 3 ? 255 : state >>> 24;
  });
}

const SIZE = { width: 48, height: 34, framesPerSecond: 23.976 };
const rgba = Array.from({ length: 30 }, (_, index) => frame(48, 34, index));
const [first] = rgba as [Uint8ClampedArray];
/** Few enough colours for a palette to be found fast. */
const plain = rgba.map((one) => one.map((value) => value & 0xc0));
const NAMES = ['clip.mp4', 'clip.gif', 'sheet.png', 'frames'];

const digest = async (path: string): Promise<string> =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex');

it.each(NAMES)('%s appears when it is closed, and nothing else', async (name) => {
  const folder = await temporaryFolder('video');
  const video = await openVideo(join(folder, name), SIZE, { scale: 1 });
  for (const one of plain) {
    await video.add(one);
    expect(await readdir(folder)).not.toContain(name);
  }
  await video.close();
  await video.abandon();
  expect(await readdir(folder)).toEqual([name]);
});

it('an .mp4 has the bytes that it had when all of it was in memory', async () => {
  const path = join(await temporaryFolder('video'), 'clip.mp4');
  await writeFrames(path, { ...SIZE, rgba }, { scale: 2 });
  expect(await digest(path)).toBe('72b74792cd8d13b45ae65b78c6238325c35ca2310424d9acdec15c47cb88d511');
});

it('what is coded of an .mp4 lies on the disk, not in memory', async () => {
  const folder = await temporaryFolder('video');
  const size = { width: 256, height: 256, framesPerSecond: 8 };
  const video = await openVideo(join(folder, 'clip.mp4'), size, { scale: 1, quantisation: 10 });
  const frames = Array.from({ length: 4 }, (_, index) => frame(256, 256, index));
  const held: number[] = [];
  for (let i = 0; i < 160; i++) {
    await video.add(frames[i % 4] as Uint8ClampedArray);
    if (i % 40 === 39) held.push(process.memoryUsage().arrayBuffers);
  }
  const sizes = (await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size);
  const bytes = Math.max(...(await Promise.all(sizes)));
  expect(bytes).toBeGreaterThan(10e6);
  expect(Math.max(...held) - (held[0] ?? 0)).toBeLessThan(bytes / 2);
  await video.abandon();
  expect(await readdir(folder)).toEqual([]);
}, 120_000);

it.each(NAMES)('%s given up leaves nothing behind', async (name) => {
  const folder = await temporaryFolder('video');
  const video = await openVideo(join(folder, name), SIZE);
  await video.add(first);
  await video.abandon();
  expect(await readdir(folder)).toEqual([]);
});

it.each(NAMES)('%s without a frame is refused, and leaves nothing behind', async (name) => {
  const folder = await temporaryFolder('video');
  const video = await openVideo(join(folder, name), SIZE);
  await expect(video.close()).rejects.toMatchObject({ code: 'write-frames' });
  expect(await readdir(folder)).toEqual([]);
});

it('says what stands in the way, and leaves nothing behind', async () => {
  const folder = await temporaryFolder('video');
  await mkdir(join(folder, 'clip.mp4', 'inside'), { recursive: true });
  const video = await openVideo(join(folder, 'clip.mp4'), SIZE);
  await video.add(first);
  await expect(video.close()).rejects.toThrow('a folder of that name');
  expect(await readdir(folder)).toEqual(['clip.mp4']);
});
