import type { HostTensor } from '@skipstone/core';
import { expect, it } from 'vitest';
import { latentSnr } from './latent-snr.js';

const tensor = (...values: number[]): HostTensor => ({
  type: 'float32',
  shape: [values.length],
  data: Float32Array.from(values),
});

it('is 20 dB where a tenth of every value is off, by stream', () => {
  const reference = { video: tensor(1, -2, 4), audio: tensor(3) };
  const { video, audio } = latentSnr({ video: tensor(1.1, -2.2, 4.4), audio: tensor(3) }, reference);
  expect(video).toBeCloseTo(20, 4);
  expect(audio).toBe(Number.POSITIVE_INFINITY);
});

it('refuses other shapes', () => {
  expect(() => latentSnr({ video: tensor(1, 2) }, { video: tensor(1) })).toThrow(
    /have {3}\[2\]\n.*need {3}\[1\]/,
  );
  expect(() => latentSnr({}, { video: tensor(1) })).toThrow(/have {3}none/);
});
