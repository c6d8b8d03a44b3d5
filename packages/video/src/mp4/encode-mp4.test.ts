import { beforeAll, expect, it, vi } from 'vitest';
import type { Frames } from '../frames.js';
import { encodeMp4 } from './encode-mp4.js';
import { findBox } from './find-box.js';

type Colour = readonly [red: number, green: number, blue: number];

interface Picture {
  readonly planes: Uint8Array;
  /** Sides of the planes in pixels, multiples of 16. */
  readonly width: number;
  readonly height: number;
}

const COLOURS: readonly Colour[] = [
  [220, 30, 30],
  [30, 60, 220],
  [20, 160, 60],
  [150, 100, 60],
  [255, 255, 255],
  [0, 0, 0],
  [240, 200, 20],
];

/** 8 x 8 pixel patches that move on by one patch with each frame. */
function patches(width: number, height: number, count: number): Frames {
  const rgba = Array.from({ length: count }, (_, index) => {
    const frame = new Uint8ClampedArray(width * height * 4);
    for (let at = 0; at < width * height; at++) {
      frame.set([...patchColour(at % width, Math.floor(at / width), index), 255], at * 4);
    }
    return frame;
  });
  return { width, height, framesPerSecond: 8, rgba };
}

function patchColour(x: number, y: number, index: number): Colour {
  return COLOURS[((x >> 3) + (y >> 3) * 3 + index) % COLOURS.length] ?? [0, 0, 0];
}

/** Decodes with an independent decoder (h264bsd). */
async function decoded(file: Uint8Array): Promise<readonly Picture[]> {
  vi.stubGlobal('self', { location: { href: '' } }); // The decoder is built for web workers.
  const { default: load } = await import('tinyh264/es/TinyH264.js');
  const { default: Decoder } = await import('tinyh264/es/TinyH264Decoder.js');
  const pictures: Picture[] = [];
  const decoder = new Decoder(await load(), (planes, width, height) =>
    pictures.push({ planes, width, height }),
  );
  for (const unit of units(file)) decoder.decode(Uint8Array.from([0, 0, 0, 1, ...unit]));
  decoder.release();
  vi.unstubAllGlobals();
  return pictures;
}

const TABLE = 'moov/trak/mdia/minf/stbl';

/** The NAL units of a file, found as a player finds them: through the index. */
function units(file: Uint8Array): readonly Uint8Array[] {
  const sets = Buffer.from(findBox(file, `${TABLE}/stsd/avc1/avcC`) ?? []);
  const pictureAt = 8 + sets.readUInt16BE(6) + 3;
  const found: Uint8Array[] = [sets.subarray(8, pictureAt - 3), sets.subarray(pictureAt)];
  const lengths = Buffer.from(findBox(file, `${TABLE}/stsz`) ?? []);
  let offset = Buffer.from(findBox(file, `${TABLE}/stco`) ?? []).readUInt32BE(8);
  for (let at = 12; at < lengths.length; at += 4) {
    found.push(file.subarray(offset + 4, offset + lengths.readUInt32BE(at)));
    offset += lengths.readUInt32BE(at);
  }
  return found;
}

/** The colour a player shows for a BT.601 picture of limited range. */
function colourAt({ planes, width, height }: Picture, x: number, y: number): Colour {
  const chromaAt = width * height + (y >> 1) * (width >> 1) + (x >> 1);
  const luma = (((planes[y * width + x] ?? 0) - 16) * 255) / 219;
  const blue = (((planes[chromaAt] ?? 0) - 128) * 255) / 224;
  const red = (((planes[chromaAt + (width * height) / 4] ?? 0) - 128) * 255) / 224;
  return [luma + 1.402 * red, luma - 0.344136 * blue - 0.714136 * red, luma + 1.772 * blue];
}

function distance(a: Colour, b: Colour): number {
  return Math.max(...a.map((value, at) => Math.abs(value - (b[at] ?? 0))));
}

const frames = patches(64, 64, 26);
let file = new Uint8Array();
beforeAll(async () => {
  file = Uint8Array.from(await encodeMp4(frames, 4, 12));
});

it('shows every frame in its colours', async () => {
  const pictures = await decoded(file);
  expect(pictures.length).toBe(26);
  let worst = 0;
  for (const [index, picture] of pictures.entries()) {
    for (let y = 16; y < 256; y += 32) {
      for (let x = 16; x < 256; x += 32) {
        worst = Math.max(worst, distance(colourAt(picture, x, y), patchColour(x >> 2, y >> 2, index)));
      }
    }
  }
  expect(worst).toBeLessThanOrEqual(4);
});

it('is Constrained Baseline, with a key picture each 24 frames', () => {
  const [sequence, , ...slices] = units(file);
  expect([...(sequence ?? [])].slice(0, 3)).toEqual([0x67, 66, 0xc0]);
  const keys = slices.flatMap((slice, at) => ((slice[0] ?? 0) % 32 === 5 ? [at] : []));
  expect(keys).toEqual([0, 24]);
});

it('gives the same bytes for the same frames', async () => {
  vi.useFakeTimers({ now: new Date('2031-02-03T04:05:06Z'), toFake: ['Date'] });
  const again = await encodeMp4(frames, 4, 12);
  vi.useRealTimers();
  expect(Buffer.compare(file, again)).toBe(0);
});

it('pads odd sides with the last row and column', async () => {
  const [picture] = await decoded(await encodeMp4(patches(65, 33, 1), 1, 12));
  expect([picture?.width, picture?.height]).toEqual([80, 48]);
  if (picture === undefined) return;
  expect(distance(colourAt(picture, 65, 33), patchColour(64, 32, 0))).toBeLessThanOrEqual(4);
});

it('encodes two videos at once', async () => {
  const other = patches(32, 48, 5);
  const alone = await encodeMp4(other, 2, 20);
  const [first, second] = await Promise.all([encodeMp4(frames, 4, 12), encodeMp4(other, 2, 20)]);
  expect(Buffer.compare(first, file)).toBe(0);
  expect(Buffer.compare(second, alone)).toBe(0);
});

it('leaves no handlers on the process', () => {
  const own = process
    .listeners('unhandledRejection')
    .filter((listener) => String(listener).includes('onAbort'));
  expect(own).toEqual([]);
});

it('does not take a picture that players cannot open', async () => {
  await expect(encodeMp4(patches(64, 64, 1), 100, 12)).rejects.toThrow(/too large.*6400 x 6400 pixels/s);
});
