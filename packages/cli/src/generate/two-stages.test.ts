import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type HostTensor, openCheckpoint, readSavedRun, writeSafetensors } from '@skipstone/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EVERY_NTH } from '../test-kit/every-nth.js';
import { skipstone } from '../test-kit/skipstone.js';

/** A random LTX-2.3 transformer, as models-ltx verifies it. */
const LTX = fileURLToPath(new URL('../../../models-ltx/test-data/run-ltx2-3', import.meta.url));

const waves = (shape: readonly number[], speed: number, by = 1, around = 0): HostTensor => ({
  ...{ type: 'float32', shape },
  data: Float32Array.from(
    { length: shape.reduce((a, b) => a * b, 1) },
    (_, i) => by * Math.sin(speed * (i + 1)) + around,
  ),
});

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skipstone-stages-'));
  await writeUpsampler('up', 1);
  await writeUpsampler('other', 2);
  const put = (name: string, tensors: Readonly<Record<string, HostTensor>>) =>
    writeSafetensors(join(folder, name), tensors);
  await put('vae.st', { latents_mean: waves([5], 1), latents_std: waves([5], 1, 0.1, 1) });
  await put('e.st', { 'cond.text': waves([7, 24], 1), 'cond.audio_text': waves([7, 12], 2) });
  await put('frame.st', { video: waves([5, 1, 6, 4], 1) });
  await writeFile(join(folder, 'every-nth.mjs'), EVERY_NTH);
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** One residual block on either side, of the fewest channels there are. */
async function writeUpsampler(name: string, speed: number): Promise<void> {
  const tensors: Record<string, HostTensor> = {};
  const conv = (path: string, out: number, from: number, kernel: readonly number[] = [3, 3, 3]): void => {
    tensors[`${path}.weight`] = waves([out, from, ...kernel], speed, 0.1);
    tensors[`${path}.bias`] = waves([out], speed, 0.1);
  };
  const norm = (path: string): void => {
    tensors[`${path}.weight`] = waves([32], speed, 0.1, 1);
    tensors[`${path}.bias`] = waves([32], speed, 0.1);
  };
  conv('initial_conv', 32, 5);
  norm('initial_norm');
  for (const at of ['res_blocks.0', 'post_upsample_res_blocks.0']) {
    for (const n of [1, 2]) {
      conv(`${at}.conv${n}`, 32, 32);
      norm(`${at}.norm${n}`);
    }
  }
  conv('upsampler.0', 128, 32, [3, 3]);
  conv('final_conv', 5, 32);
  await mkdir(join(folder, name));
  const config = { in_channels: 5, mid_channels: 32, num_blocks_per_stage: 1, use_rational_resampler: false };
  await writeFile(join(folder, name, 'config.json'), JSON.stringify(config));
  await writeSafetensors(join(folder, name, 'model.safetensors'), tensors);
}

const MODEL = ['--model', LTX, '--distilled', '--embeds', 'e.st', '--size', '128x192', '--frames', '9'];
const STAGES = [...MODEL, '--upsampler', 'up', '--statistics', 'vae.st'];
const run = (...args: readonly string[]) => skipstone(folder, 'generate', ...args);
const bytes = (name: string) => readFile(join(folder, name));
const tensorBytes = async (name: string) => {
  const { tensors } = await openCheckpoint(join(folder, name));
  const whole = await bytes(name);
  return [...tensors.values()].map((entry) => ({
    ...{ name: entry.name, shape: entry.shape },
    data: whole.subarray(entry.offset, entry.offset + entry.byteLength).toString('hex'),
  }));
};

describe('a video in two stages', { timeout: 180_000 }, () => {
  test('has the size that was asked for, says its stages, and goes on from its second', async () => {
    const first = await run(...STAGES, '--latents-out', 'a.st', '--save', 'run.st');
    expect([first.code, first.stdout]).toEqual([0, 'a.st\n']);
    for (const text of ['first stage, 64x96', 'making latents larger, to 128x192', 'second stage, 128x192']) {
      expect(first.stderr).toContain(`note: ${text}`);
    }
    expect((await tensorBytes('a.st')).map(({ name, shape }) => [name, shape])).toEqual([
      ['latents.audio', [1, 9, 6]],
      ['latents.video', [5, 2, 6, 4]],
    ]);
    const { saved, before, identity } = await readSavedRun(join(folder, 'run.st'));
    expect([saved.step, before?.video?.shape]).toEqual([3, [5, 2, 3, 2]]);
    expect(identity).toMatchObject({ width: 64, height: 96, second: { width: 128, height: 192 } });
    const again = await run(...STAGES, '--latents-out', 'b.st', '--resume', 'run.st');
    expect([again.code, again.stderr.includes('first stage')]).toEqual([0, false]);
    expect(await tensorBytes('b.st')).toEqual(await tensorBytes('a.st'));
    const other = [...MODEL, '--upsampler', 'other', '--statistics', 'vae.st'];
    const refused = await run(...other, '--latents-out', 'c.st', '--resume', 'run.st');
    expect([refused.code, refused.stderr.split('\n')[0]]).toEqual([
      2,
      'run.st is of another run than the one asked for',
    ]);
  });

  test('takes plugins of either stage', async () => {
    const latents = async (...args: readonly string[]) => {
      const { code, stderr } = await run(...STAGES, '--latents-out', 'p.st', '--quiet', ...args);
      expect([code, stderr]).toEqual([0, '']);
      return (await tensorBytes('p.st')).map(({ data }) => data);
    };
    const plain = await latents();
    expect(await latents('--plugin', './every-nth.mjs:2')).not.toEqual(plain);
    expect(await latents('--second-plugin', './every-nth.mjs:2')).not.toEqual(plain);
  });

  test('is planned as a whole', async () => {
    const { code, stdout } = await skipstone(folder, 'plan', ...STAGES);
    expect(code).toBe(0);
    expect(stdout).toContain('size      64x96, 9 frames');
    expect(stdout).toMatch(/upsampler \[5, 2, 3, 2\] to \[5, 2, 6, 4\], [\d.]+ MiB at its biggest moment/);
    expect(stdout).toContain('second    128x192, 9 frames');
  });
});

describe('what is refused', { timeout: 60_000 }, () => {
  test.each<[string, readonly string[], string]>([
    [
      'parts of a second stage alone',
      [...MODEL, '--second-lora', 'x.st'],
      '--second-lora is about the second',
    ],
    ['a ledger of one of two', [...STAGES, '--ledger', 'l.json'], '--ledger is of a run in one stage'],
    ['another model', ['a red circle', '--upsampler', 'up'], '--upsampler makes a video in two stages'],
    [
      'a size between',
      [...STAGES, '--size', '160x128'],
      'two stages: latent upsampler does not lead to this size',
    ],
    [
      'first frames of the size of the second stage',
      [...STAGES, '--first-frames', 'frame.st'],
      'encode frames of the first of two stages, 64x96\n',
    ],
    [
      'a full model without its addition',
      [...STAGES.filter((arg) => arg !== '--distilled')],
      'pass { secondLoras: [{ path }] } (--second-lora FILE), or { distilled: true } (--distilled) if',
    ],
    [
      'a model without statistics',
      [...MODEL, '--upsampler', 'up'],
      "pass { statistics } (--statistics PATH) with the release's one file",
    ],
    ['a number of steps', [...MODEL, '--steps', '200'], 'pass { steps } (--steps) in that range'],
  ])('%s', async (_, args, what) => {
    const { code, stderr } = await run(...args, '--latents-out', 'x.st');
    expect(stderr).toContain(what);
    expect(code).toBeGreaterThan(0);
  });
});
