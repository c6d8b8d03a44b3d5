import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HostTensor, openCheckpoint, SkipstoneError, writeSafetensors } from '@skipstone/core';
import { describe, expect, test } from 'vitest';
import { linearCodec } from './codec.js';
import { demoWeightsFolder } from './demo-model.js';

const codec = await linearCodec(await openCheckpoint(join(demoWeightsFolder, 'codec.safetensors')));
const grid = { frames: 2, height: 16, width: 16 };

function latents(frames: number, value: (i: number) => number): HostTensor {
  const data = Float32Array.from({ length: 16 * frames * 256 }, (_, i) => value(i));
  return { type: 'float32', shape: [16, frames, 16, 16], data };
}

describe('the shipped codec', () => {
  // Computed apart from this code, in float64, from the file's own bytes: z_i = (7919·i mod 1000)/250 − 2.
  const video = latents(2, (i) => ((i * 7919) % 1000) / 250 - 2);

  test.each([
    { frame: 0, row: 0, column: 0, colour: [121, 158, 105] }, // 121.8, 158.3, 105.0 before rounding down
    { frame: 0, row: 63, column: 63, colour: [76, 86, 99] },
    { frame: 1, row: 10, column: 33, colour: [81, 127, 126] }, // 81.8, 127.9, 126.7
    { frame: 1, row: 21, column: 6, colour: [54, 16, 51] },
  ])('frame $frame, row $row, column $column is $colour', async ({ frame, row, column, colour }) => {
    const { rgba } = await codec.decode({ video }, grid);
    const at = (row * 64 + column) * 4;
    expect(Array.from(rgba[frame]?.subarray(at, at + 4) ?? [])).toEqual([...colour, 255]);
  });

  test('gives opaque pictures of 64×64 at 8 a second, as many as there are latent frames', async () => {
    for (const frames of [1, 2, 9]) {
      const pictures = await codec.decode({ video: latents(frames, () => 0) }, { ...grid, frames });
      expect(pictures).toMatchObject({ width: 64, height: 64, framesPerSecond: 8 });
      expect(pictures.rgba.map((one) => one.length)).toEqual(Array(frames).fill(64 * 64 * 4));
      expect(pictures.rgba.every((one) => one.every((value, i) => i % 4 < 3 || value === 255))).toBe(true);
    }
  });

  test('cuts off what lies outside of [−1, 1]', async () => {
    const { rgba } = await codec.decode({ video: latents(2, (i) => (i % 2 ? 1e4 : -1e4)) }, grid);
    const values = new Set(rgba.flatMap((one) => [...one]));
    expect([...values].sort()).toEqual([0, 255]);
  });

  test.each([
    ['another shape', latents(3, () => 0), 'float32 [16, 3, 16, 16]'],
    ['whole numbers', { type: 'int32', shape: [1], data: new Int32Array(16 * 512) } as const, 'int32 [1]'],
    ['nothing', undefined, 'no stream named video'],
  ])('refuses latents that are %s', async (_, given, have) => {
    const work = codec.decode(given ? { video: given } : {}, grid);
    const error: unknown = await work.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(SkipstoneError);
    expect(error).toMatchObject({
      code: 'demo-latents',
      lines: {
        what: 'demo model: these are not latents its codec can decode',
        have,
        need: 'video: float32 [16, 2, 16, 16]',
        do: 'give latents as generate gives them',
      },
    });
  });
});

test('a latent pixel is four rows of four pixels of three colours, in this order', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'skipstone-codec-'));
  const file = join(folder, 'codec.safetensors');
  const float = (shape: number[], value: (i: number) => number): HostTensor => {
    const length = shape.reduce((a, b) => a * b);
    return { type: 'float32', shape, data: Float32Array.from({ length }, (_, i) => value(i)) };
  };
  try {
    // Value i is −1 + i/127.5 for every z, so byte i; channel 3 adds its z, times 2, to value 29 alone.
    await writeSafetensors(file, {
      mean: float([48], (i) => -1 + (i + 0.25) / 127.5),
      latents_std: float([16], (i) => (i === 3 ? 2 : 1)),
      basis: float([16, 48], (i) => (i === 3 * 48 + 29 ? 10 / 127.5 : 0)),
    });
    const ramp = await linearCodec(await openCheckpoint(file));
    // Channel 3 is 5 at row 7, column 12 of frame 1.
    const spot = ((3 * 2 + 1) * 16 + 7) * 16 + 12;
    const { rgba } = await ramp.decode({ video: latents(2, (i) => (i === spot ? 5 : 0)) }, grid);
    for (let pixel = 0; pixel < 64 * 64; pixel++) {
      const [row, column] = [Math.floor(pixel / 64), pixel % 64];
      const first = ((row % 4) * 4 + (column % 4)) * 3;
      const want = [first, first + 1, first + 2, 255];
      expect(Array.from(rgba[0]?.subarray(4 * pixel, 4 * pixel + 4) ?? [])).toEqual(want);
      // Value 29 is row 2, column 1, blue: of the picture, row 30, column 49.
      if (row === 30 && column === 49) want[2] = 29 + 100;
      expect(Array.from(rgba[1]?.subarray(4 * pixel, 4 * pixel + 4) ?? [])).toEqual(want);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
