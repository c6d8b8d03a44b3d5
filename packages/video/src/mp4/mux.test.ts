import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@skipstone/core/testing';
import { EncodedPacket } from 'mediabunny';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { findBox } from './find-box.js';
import { muxMp4 } from './mux.js';

const PICTURES = [
  ['key', [0, 0, 0, 3, 0x65, 10, 11]],
  ['delta', [0, 0, 0, 2, 0x61, 12]],
  ['key', [0, 0, 0, 2, 0x65, 13]],
] as const;

const video = {
  width: 1280,
  height: 720,
  configuration: Uint8Array.of(
    1,
    0x42,
    0xc0,
    0x1f,
    0xff,
    0xe1,
    0,
    4,
    0x67,
    0x42,
    0xc0,
    0x1f,
    1,
    0,
    2,
    0x68,
    3,
  ),
  packets: async function* () {
    for (const [type, data] of PICTURES) yield new EncodedPacket(Uint8Array.from(data), type, 0, 0);
  },
};

async function muxedIn(year: number): Promise<Uint8Array> {
  vi.setSystemTime(new Date(Date.UTC(year, 1, 3, 4, 5, 6)));
  const path = join(await temporaryFolder('mux'), 'video.mp4');
  await writeFile(path, '');
  await muxMp4(video, path, 23.976);
  return readFile(path);
}

let file = new Uint8Array();
beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  file = Uint8Array.from(await muxedIn(2031));
});
afterAll(() => {
  vi.useRealTimers();
});

function words(path: string, from: Uint8Array = file): readonly number[] {
  const bytes = findBox(from, path) ?? new Uint8Array();
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, at) => view.getUint32(at * 4));
}

const TABLE = 'moov/trak/mdia/minf/stbl';

it('puts the index before the media', () => {
  const text = Buffer.from(file).toString('latin1');
  expect(text.slice(4, 12)).toBe('ftypisom');
  expect(text.indexOf('moov')).toBeLessThan(text.indexOf('mdat'));
});

it('points at the media', () => {
  const [, , mediaAt = 0] = words(`${TABLE}/stco`);
  expect([...file.subarray(mediaAt, mediaAt + 7)]).toEqual(PICTURES[0][1]);
});

it('lists the length of each picture and which are key pictures', () => {
  expect(words(`${TABLE}/stsz`)).toEqual([0, 0, 3, 7, 6, 6]);
  expect(words(`${TABLE}/stss`)).toEqual([0, 2, 1, 3]);
});

it('keeps three decimals of the frame rate', () => {
  expect(words('moov/trak/mdia/mdhd').slice(3, 5)).toEqual([2997, 3 * 125]);
  expect(words(`${TABLE}/stts`)).toEqual([0, 1, 3, 125]);
  const [timescale = 0, duration] = words('moov/mvhd').slice(3, 5);
  expect(duration).toBe(Math.round((3 / 23.976) * timescale));
});

it('writes no time of day', async () => {
  for (const path of ['moov/mvhd', 'moov/trak/tkhd', 'moov/trak/mdia/mdhd']) {
    expect(words(path).slice(1, 3)).toEqual([0, 0]);
  }
  expect(Buffer.compare(file, await muxedIn(2032))).toBe(0);
});

it('writes no time of day of more than 32 bits', async () => {
  const late = await muxedIn(2041);
  for (const path of ['moov/mvhd', 'moov/trak/tkhd', 'moov/trak/mdia/mdhd']) {
    expect(words(path, late).slice(0, 5)).toEqual([(words(path)[0] ?? 0) + 0x1000000, 0, 0, 0, 0]);
  }
  expect(words('moov/trak/mdia/mdhd', late).slice(5, 8)).toEqual([2997, 0, 3 * 125]);
});

it('says size, parameter sets and colours', () => {
  const entry = findBox(file, `${TABLE}/stsd/avc1`) ?? new Uint8Array();
  const size = new DataView(entry.buffer, entry.byteOffset + 24);
  expect([size.getUint16(0), size.getUint16(2)]).toEqual([1280, 720]);
  expect(words('moov/trak/tkhd').slice(-2)).toEqual([1280 * 65536, 720 * 65536]);
  expect([...(findBox(file, `${TABLE}/stsd/avc1/avcC`) ?? [])]).toEqual([...video.configuration]);
  const colours = [...(findBox(file, `${TABLE}/stsd/avc1/colr`) ?? [])];
  expect(colours).toEqual([...Buffer.from('nclx'), 0, 1, 0, 1, 0, 1, 0]);
});
