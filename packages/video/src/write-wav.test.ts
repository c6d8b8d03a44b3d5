import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@skipstone/core/testing';
import { expect, it } from 'vitest';
import { encodeWav, writeWav } from './write-wav.js';

it('interleaves channels, 16 bits a sample, clipped to its range', async () => {
  const folder = await temporaryFolder('wav');
  await writeWav(join(folder, 'a.wav'), {
    rate: 8000,
    samples: [Float32Array.of(0, 1, -2), Float32Array.of(0.5, 0, 0)],
  });
  expect(await readdir(folder)).toEqual(['a.wav']);
  const file = await readFile(join(folder, 'a.wav'));
  expect(file.toString('latin1', 0, 4) + file.toString('latin1', 8, 16)).toBe('RIFFWAVEfmt ');
  expect([file.readUInt32LE(4), file.readUInt16LE(22), file.readUInt32LE(24)]).toEqual([
    file.length - 8,
    2,
    8000,
  ]);
  const samples = Array.from({ length: 6 }, (_, i) => file.readInt16LE(44 + 2 * i));
  expect(samples).toEqual([0, 16384, 32767, 0, -32767, 0]);
});

it.each([
  ['no channel', []],
  ['channels of two lengths', [Float32Array.of(1), Float32Array.of(1, 2)]],
  ['no sample', [new Float32Array()]],
])('refuses %s', (_, samples) => {
  expect(() => encodeWav({ rate: 8000, samples })).toThrow('this is no sound');
});
