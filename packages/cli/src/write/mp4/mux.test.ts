import { expect, it } from 'vitest';
import { findBox } from './find-box.js';
import { muxMp4 } from './mux.js';

const video = {
  width: 1280,
  height: 720,
  sequence: Uint8Array.of(0x67, 0x42, 0xc0, 0x1f, 1, 2),
  picture: Uint8Array.of(0x68, 3),
  slices: [Uint8Array.of(0x65, 10, 11), Uint8Array.of(0x61, 12), Uint8Array.of(0x65, 13)],
};
const file = muxMp4(video, 23.976);

function words(path: string): readonly number[] {
  const bytes = findBox(file, path) ?? new Uint8Array();
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
  expect([...file.subarray(mediaAt, mediaAt + 7)]).toEqual([0, 0, 0, 3, 0x65, 10, 11]);
});

it('lists the length of each picture and which are key pictures', () => {
  expect(words(`${TABLE}/stsz`)).toEqual([0, 0, 3, 7, 6, 6]);
  expect(words(`${TABLE}/stss`)).toEqual([0, 2, 1, 3]);
});

it('keeps three decimals of the frame rate', () => {
  expect(words('moov/trak/mdia/mdhd').slice(3, 5)).toEqual([23976, 3000]);
  expect(words('moov/mvhd').slice(3, 5)).toEqual([23976, 3000]);
  expect(words(`${TABLE}/stts`)).toEqual([0, 1, 3, 1000]);
});

it('writes no time of day', () => {
  for (const path of ['moov/mvhd', 'moov/trak/tkhd', 'moov/trak/mdia/mdhd']) {
    expect(words(path).slice(1, 3)).toEqual([0, 0]);
  }
});

it('says size, parameter sets and colours', () => {
  const entry = findBox(file, `${TABLE}/stsd/avc1`) ?? new Uint8Array();
  const size = new DataView(entry.buffer, entry.byteOffset + 24);
  expect([size.getUint16(0), size.getUint16(2)]).toEqual([1280, 720]);
  expect(words('moov/trak/tkhd').slice(-2)).toEqual([1280 * 65536, 720 * 65536]);
  const sets = [0xe1, 0, 6, ...video.sequence, 1, 0, 2, ...video.picture];
  expect([...(findBox(file, `${TABLE}/stsd/avc1/avcC`) ?? [])]).toEqual([1, 0x42, 0xc0, 0x1f, 0xff, ...sets]);
  const colours = [...(findBox(file, `${TABLE}/stsd/avc1/colr`) ?? [])];
  expect(colours.slice(4)).toEqual([0, 1, 0, 1, 0, 1, 0]);
});
