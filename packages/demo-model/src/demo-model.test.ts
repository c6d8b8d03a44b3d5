import { createHash } from 'node:crypto';
import { type Frames, generate, type SkipstoneError } from '@skipstone/core';
import { describe, expect, test } from 'vitest';
import { demoModel } from './demo-model.js';
import { examplePrompts } from './example-prompts.js';

const PROMPT = 'a red circle moves right slowly near a blue ring over a checkered brown backdrop';
const model = await demoModel();

const digest = (video: Frames | undefined): string => {
  const hash = createHash('sha256');
  for (const frame of video?.rgba ?? []) hash.update(frame);
  return hash.digest('hex');
};

// A run takes a second or two of two free cores.
describe('videos', { timeout: 60_000 }, () => {
  test('nine frames, and the same bytes twice', async () => {
    const options = { prompt: PROMPT, steps: 2, seed: 1 };
    const first = await generate(model, options).result;
    expect(first.video).toMatchObject({ width: 64, height: 64, framesPerSecond: 8 });
    expect(first.video?.rgba).toHaveLength(9);
    expect(first.latents.video?.shape).toEqual([16, 9, 16, 16]);
    const again = await generate(await demoModel(), options).result;
    expect(digest(again.video)).toBe(digest(first.video));
    const other = await generate(model, { ...options, seed: 2 }).result;
    expect(digest(other.video)).not.toBe(digest(first.video));
  });

  test('the empty negative prompt is the unconditional one, another is not', async () => {
    const options = { prompt: PROMPT, steps: 2, seed: 1, frames: 1 };
    const runs = [{}, { negative: '' }, { negative: PROMPT.replace('red', 'white') }].map(
      (more) => generate(model, { ...options, ...more }).result,
    );
    const [usual, empty, other] = (await Promise.all(runs)).map(({ video }) => digest(video));
    expect(empty).toBe(usual);
    expect(other).not.toBe(usual);
  });

  // The backdrop is what the model is sure of (50 of 50 prompts); its mean tells the four apart.
  test.each([
    ['plain black', [13, 13, 18]],
    ['plain navy', [15, 20, 64]],
    ['plain brown', [77, 51, 31]],
    ['plain gray', [115, 115, 122]],
  ])('a %s backdrop has its colour', async (backdrop, colour) => {
    const prompt = `a cyan circle moves nowhere near a white square over a ${backdrop} backdrop`;
    const { video } = await generate(model, { prompt, steps: 12, seed: 4, frames: 1 }).result;
    const picture = video?.rgba[0] ?? new Uint8ClampedArray();
    const close = Array.from({ length: 64 * 64 }, (_, i) =>
      colour.every((value, c) => Math.abs((picture[4 * i + c] ?? 0) - value) < 16),
    ).filter(Boolean).length;
    expect(close / (64 * 64)).toBeGreaterThan(0.7);
  });

  test('a prompt it cannot read ends the run with an error that points at the word', async () => {
    const run = generate(model, { prompt: PROMPT.replace('circle', 'cirle') });
    await expect(run.result).rejects.toMatchObject({
      code: 'prompt-unknown-word',
      lines: { do: "did you mean 'circle'?" },
    });
  });
});

describe('the model', () => {
  test('has the defaults it was tried with', () => {
    expect(model.name).toBe('demo');
    expect(model.defaults).toEqual({
      ...{ width: 64, height: 64, frames: 9, framesPerSecond: 8, steps: 24, guidance: 4 },
      ...{ guidanceForm: 'uncond', shift: 3, sampler: 'euler' },
      schedules: { euler: 'euler-flow', unipc: 'unipc-flow' },
    });
    expect(model.text.examples).toEqual(examplePrompts(4));
  });

  test('has latents a quarter as high and wide, one frame each', () => {
    for (const frames of [1, 9]) {
      const grid = model.grid({ width: 64, height: 64, frames });
      expect(grid).toEqual({ frames, height: 16, width: 16 });
      expect(model.latentShape(grid)).toEqual({ video: [16, frames, 16, 16] });
    }
  });

  test.each([
    [{ width: 128, height: 64, frames: 9 }, 'pictures of this size', '128x64', '64x64', 'leave width'],
    [{ width: 64, height: 32, frames: 9 }, 'pictures of this size', '64x32', '64x64', 'leave width'],
    [{ width: 64, height: 64, frames: 0 }, 'videos of this length', '0 frames', '1 to 9', 'leave frames'],
    [{ width: 64, height: 64, frames: 10 }, 'videos of this length', '10 frames', '1 to 9', 'leave frames'],
    [{ width: 64, height: 64, frames: 1.5 }, 'videos of this length', '1.5 frames', '1 to 9', 'leave frames'],
  ])('refuses %o', (size, what, have, need, todo) => {
    let error: SkipstoneError | undefined;
    try {
      model.grid(size);
    } catch (thrown) {
      error = thrown as SkipstoneError;
    }
    expect(error?.code).toBe('model-size');
    expect(error?.lines.what).toContain(what);
    expect(error?.lines.have).toBe(have);
    expect(error?.lines.need).toContain(need);
    expect(error?.lines.do).toContain(todo);
  });
});
