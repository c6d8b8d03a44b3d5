import { join } from 'node:path';
import { openCheckpoint } from '@skipstone/core';
import { expect, test } from 'vitest';
import { drawVideo } from '../check/draw-video.js';
import { linearCodec, readCodecTables } from '../codec.js';
import { demoWeightsFolder } from '../demo-model.js';
import { encodeVideo } from './encode-video.js';

const file = join(demoWeightsFolder, 'codec.safetensors');
const tables = await readCodecTables(await openCheckpoint(file));
const codec = await linearCodec(await openCheckpoint(file));
const video = drawVideo(
  {
    pattern: 'dotted',
    backdrop: 'brown',
    figures: [{ colour: 'green', shape: 'ring', radius: 0.15, from: [0.3, 0.4], to: [0.6, 0.4] }],
  },
  2,
);

test('a video comes back from the codec with little lost, and something', async () => {
  const latents = encodeVideo(video, tables);
  expect(latents.shape).toEqual([16, 2, 16, 16]);
  const back = await codec.decode({ video: latents }, { frames: 2, height: 16, width: 16 });
  const differences = back.rgba.flatMap((frame, t) =>
    Array.from(frame, (value, i) => Math.abs(value - (video.rgba[t]?.[i] ?? 0))),
  );
  const mean = differences.reduce((a, b) => a + b) / differences.length;
  expect(mean).toBeGreaterThan(0);
  expect(mean).toBeLessThan(2);
});

test('what the codec can say comes back as it was', async () => {
  const grid = { frames: 2, height: 16, width: 16 };
  const once = await codec.decode({ video: encodeVideo(video, tables) }, grid);
  const twice = await codec.decode({ video: encodeVideo(once, tables) }, grid);
  const worst = Math.max(
    ...once.rgba.flatMap((frame, t) =>
      Array.from(frame, (value, i) => Math.abs(value - (twice.rgba[t]?.[i] ?? 0))),
    ),
  );
  // Rounding down to bytes, once more.
  expect(worst).toBeLessThanOrEqual(3);
});
