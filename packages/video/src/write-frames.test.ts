import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SkipstoneError } from '@skipstone/core';
import { decode } from 'fast-png';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { findBox } from './mp4/find-box.js';
import { writeFrames } from './write-frames.js';

const WIDTH = 6;
const HEIGHT = 5;
const rgba = [10, 90, 170].map((red) =>
  Uint8ClampedArray.from({ length: WIDTH * HEIGHT * 4 }, (_, at) => [red, at, 40, 255][at % 4] ?? 0),
);
const frames = { width: WIDTH, height: HEIGHT, framesPerSecond: 12, rgba };

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skipstone-'));
});
afterAll(() => rm(folder, { recursive: true }));

it('loads no encoder before one is needed', async () => {
  const loaded = vi.fn(() => ({ encode: () => new Uint8Array() }));
  vi.doMock('fast-png', loaded);
  vi.doMock('mediabunny', loaded);
  vi.resetModules();
  await import('./write-frames.js');
  expect(loaded).not.toHaveBeenCalled();
  const required = Object.keys(createRequire(import.meta.url).cache);
  expect(required.filter((path) => /h264-mp4-encoder|gifenc/.test(path))).toEqual([]);
  vi.doUnmock('fast-png');
  vi.doUnmock('mediabunny');
});

it('writes an .mp4 of the size a person can see', async () => {
  const written = await writeFrames(join(folder, 'new/clip.mp4'), frames);
  expect(written).toEqual({ path: join(folder, 'new/clip.mp4'), format: 'mp4', scale: 52 });
  const track = Buffer.from(findBox(await readFile(written.path), 'moov/trak/tkhd') ?? []);
  expect([track.readUInt16BE(76), track.readUInt16BE(80)]).toEqual([312, 260]);
});

it('writes a .gif by the factor asked for', async () => {
  const { path, scale } = await writeFrames(join(folder, 'clip.gif'), frames, { scale: 2 });
  const file = await readFile(path);
  expect([scale, file.toString('latin1', 0, 6), file.readUInt16LE(6)]).toEqual([2, 'GIF89a', 12]);
});

it('writes a contact sheet', async () => {
  const { path } = await writeFrames(join(folder, 'sheet.png'), frames, { gapPixels: 1 });
  const sheet = decode(await readFile(path));
  expect([sheet.width, sheet.height]).toEqual([2 * WIDTH + 1, 2 * HEIGHT + 1]);
});

it('writes a folder of frames as they are', async () => {
  const { path } = await writeFrames(join(folder, 'frames/'), frames);
  expect(await readdir(path)).toEqual(['frame-0001.png', 'frame-0002.png', 'frame-0003.png']);
  const last = decode(await readFile(join(path, 'frame-0003.png')));
  expect([...last.data]).toEqual([...(rgba[2] ?? [])]);
});

it('leaves only what was asked for', async () => {
  expect((await readdir(folder)).sort()).toEqual(['clip.gif', 'frames', 'new', 'sheet.png']);
});

it('writes nothing where the frames are wrong', async () => {
  const path = join(folder, 'none/clip.mp4');
  const writing = writeFrames(path, { ...frames, rgba: [] });
  await expect(writing).rejects.toThrow(SkipstoneError);
  await expect(writing).rejects.toMatchObject({ code: 'write-frames' });
  await expect(readdir(join(folder, 'none'))).rejects.toThrow('ENOENT');
});
