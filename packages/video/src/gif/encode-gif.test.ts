import { GifReader } from 'omggif';
import { expect, it } from 'vitest';
import type { Frames } from '../frames.js';
import { encodeGif } from './encode-gif.js';

function video(width: number, height: number, count: number, byteAt: (at: number) => number): Frames {
  const rgba = Array.from({ length: count }, (_, index) =>
    Uint8ClampedArray.from({ length: width * height * 4 }, (_, at) =>
      at % 4 === 3 ? 255 : byteAt(index * width * height * 4 + at),
    ),
  );
  return { width, height, framesPerSecond: 24, rgba };
}

function frameOf(reader: GifReader, index: number): Uint8Array {
  const rgba = new Uint8Array(reader.width * reader.height * 4);
  reader.decodeAndBlitFrameRGBA(index, rgba);
  return rgba;
}

it('keeps frames of 256 colours or fewer exactly', async () => {
  const frames = video(16, 16, 3, (at) => (at * 37 + (at >> 5)) & 255);
  const reader = new GifReader(await encodeGif(frames, 1));
  expect([reader.width, reader.height, reader.numFrames(), reader.loopCount()]).toEqual([16, 16, 3, 0]);
  frames.rgba.forEach((rgba, index) => {
    expect(Buffer.compare(frameOf(reader, index), Buffer.from(rgba))).toBe(0);
  });
});

it('comes close to frames of more than 256 colours', async () => {
  const frames = video(64, 64, 2, (at) => (at >> (at % 4 === 0 ? 2 : 6)) & 255);
  const reader = new GifReader(await encodeGif(frames, 1));
  const [expected = new Uint8ClampedArray()] = frames.rgba;
  const error = frameOf(reader, 0).reduce((sum, byte, at) => sum + Math.abs(byte - (expected[at] ?? 0)), 0);
  expect(error / expected.length).toBeLessThan(3);
});

it('makes each pixel a square', async () => {
  const reader = new GifReader(
    await encodeGif(
      video(2, 2, 1, (at) => at * 15),
      3,
    ),
  );
  const rgba = frameOf(reader, 0);
  const redAt = (x: number, y: number): number | undefined => rgba[(y * 6 + x) * 4];
  expect([reader.width, reader.height]).toEqual([6, 6]);
  expect([redAt(2, 2), redAt(3, 2), redAt(2, 3), redAt(5, 5)]).toEqual([0, 60, 120, 180]);
});

it('does not let rounded delays add up', async () => {
  const reader = new GifReader(
    await encodeGif(
      video(1, 1, 24, () => 0),
      1,
    ),
  );
  const delays = Array.from({ length: 24 }, (_, index) => reader.frameInfo(index).delay);
  expect(new Set(delays)).toEqual(new Set([4, 5]));
  expect(delays.reduce((sum, delay) => sum + delay, 0)).toBe(100);
});

it('gives the same bytes for the same frames', async () => {
  const frames = video(64, 64, 2, (at) => (at * 7919) >> 5);
  expect(Buffer.compare(await encodeGif(frames, 1), await encodeGif(frames, 1))).toBe(0);
});
