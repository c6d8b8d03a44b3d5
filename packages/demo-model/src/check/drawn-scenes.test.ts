import { join } from 'node:path';
import { type Frames, openCheckpoint } from '@skipstone/core';
import { expect, test } from 'vitest';
import { linearCodec, readCodecTables } from '../codec.js';
import { demoWeightsFolder } from '../demo-model.js';
import { parsePrompt } from '../grammar.js';
import { encodeVideo } from '../test-kit/encode-video.js';
import { checkCases } from './check-video.js';
import { drawVideo } from './draw-video.js';
import { allRight, judge } from './judge.js';
import { placeScene } from './place-scene.js';
import { readVideo } from './read-video.js';

const file = join(demoWeightsFolder, 'codec.safetensors');
const tables = await readCodecTables(await openCheckpoint(file));
const codec = await linearCodec(await openCheckpoint(file));

/** What is left of a video when the model's codec has written and read it: the best the model could draw. */
const throughCodec = (video: Frames): Promise<Frames> =>
  codec.decode({ video: encodeVideo(video, tables) }, { frames: video.rgba.length, height: 16, width: 16 });

const scenes = checkCases().map(({ prompt, seed }) => ({ scene: parsePrompt(prompt), seed }));

/** Of the first drawn scenes: how many are right by the prompt that lies `shift` further on. */
async function drawn(frames: number, count: number): Promise<(shift: number) => number> {
  const seen = await Promise.all(
    scenes
      .slice(0, count)
      .map(async ({ scene, seed }) =>
        readVideo(await throughCodec(drawVideo(placeScene(scene, seed), frames))),
      ),
  );
  return (shift) =>
    seen.filter((one, n) => {
      const { scene } = scenes[(n + shift) % scenes.length] ?? {};
      return scene !== undefined && allRight(judge(one, scene));
    }).length;
}

test('finds 98 of 100 drawn scenes right, and no more than 15 by other prompts', {
  timeout: 300_000,
}, async () => {
  const right = await drawn(9, 100);
  expect(right(0)).toBeGreaterThanOrEqual(98);
  const others = Array.from({ length: scenes.length - 1 }, (_, n) => right(n + 1));
  expect(Math.max(...others)).toBeLessThanOrEqual(15);
});

test('finds videos of 17 frames right too', { timeout: 300_000 }, async () => {
  const right = await drawn(17, 25);
  expect(right(0)).toBeGreaterThanOrEqual(24);
});
