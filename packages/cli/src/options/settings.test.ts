import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkOptions, SkipstoneError } from '@skipstone/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FLAGS, type Flag } from './flags.js';
import { readSettings } from './settings.js';

let folder = '';
let config = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skipstone-settings-'));
  config = join(folder, 'scene.json');
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

test('reads what was typed into what core takes', async () => {
  const settings = await readSettings('a red circle', {
    size: '64x32',
    steps: '8',
    guidance: '-1.5, 2',
    sampler: 'unipc',
    memory: '1GiB',
    gflops: '90',
    plugin: ['a:1', 'b'],
    count: '3',
    out: 'clip.gif',
    save: 'run.safetensors',
    quiet: true,
  });
  expect(settings).toEqual({
    options: {
      prompt: 'a red circle',
      width: 64,
      height: 32,
      steps: 8,
      guidance: [-1.5, 2],
      sampler: 'unipc',
      memoryBytes: 2 ** 30,
      flopsPerSecond: 90e9,
    },
    model: { options: {} },
    plugins: ['a:1', 'b'],
    count: 3,
    out: 'clip.gif',
    scale: undefined,
    files: { save: 'run.safetensors' },
    reference: false,
    quiet: true,
  });
});

test('reads how the model is opened; the command line wins over the config file', async () => {
  await writeFile(
    config,
    JSON.stringify({ adapter: 'a', fps: 24, distilled: true, scales: { video: { stg: 1 } } }),
  );
  expect((await readSettings('a', { config })).model).toEqual({
    ...{ folder: undefined, adapter: 'a' },
    options: { fps: 24, distilled: true, scales: { video: { stg: 1 } } },
  });
  const typed = { fps: '12.5', scales: 'video.cfg=3, audio.stg = -0.5', firstFrames: 'f', model: 'm' };
  expect((await readSettings('a', { config, ...typed })).model).toEqual({
    ...{ folder: 'm', adapter: 'a' },
    options: {
      ...{ fps: 12.5, distilled: true, firstFrame: true },
      scales: { video: { cfg: 3 }, audio: { stg: -0.5 } },
    },
  });
});

test.each([
  'video',
  'video.cfg',
  'video.cfg=',
  'video.cfg=x',
  'video.cfg=1,',
  '.cfg=1',
  'video.cfg=1,video.cfg=1',
])('refuses the scales %s', async (scales) => {
  await expect(readSettings('a', { scales })).rejects.toThrow('stream.name=number, each once');
});

test('bounds memory by that of the machine', async () => {
  const { options } = await readSettings('a', {});
  expect(options.memoryBytes).toBeGreaterThan(2 ** 26);
});

test('allows no value on the command line that core refuses', () => {
  for (const { flags, kind } of Object.values<Flag>(FLAGS)) {
    const name = (/^--([\w-]+)/.exec(flags)?.[1] ?? '').replace(/-(\w)/g, (_, letter) =>
      letter.toUpperCase(),
    );
    const bounds =
      kind.kind === 'whole'
        ? [kind.least, kind.most]
        : kind.kind === 'number'
          ? [kind.least ?? 1e-9, kind.most ?? 1e9]
          : kind.kind === 'one of'
            ? kind.names
            : [];
    if (['count', 'scale', 'gflops', 'speedup', 'fps'].includes(name)) continue;
    for (const value of bounds) expect(() => checkOptions({ [name]: value }, 'test')).not.toThrow();
  }
});

describe('a config file', () => {
  test('says what the command line does not', async () => {
    const inFile = { prompt: 'a', steps: 8, seed: 3, plugins: ['a'], out: 'a.png', count: 2, model: 'wan' };
    await writeFile(config, JSON.stringify(inFile));
    const { options, ...rest } = await readSettings('b', { config, seed: '4', plugin: ['b'] });
    expect(options).toMatchObject({ prompt: 'b', steps: 8, seed: 4 });
    expect(rest).toMatchObject({ plugins: ['b'], out: 'a.png', count: 2, model: { folder: 'wan' } });
  });

  test.each<[string, string, Partial<SkipstoneError['lines']>]>([
    ['an unknown key', '{"stepz": 8}', { have: 'stepz', do: 'did you mean steps?' }],
    ['an option that only programs have', '{"previews": true}', { have: 'previews' }],
    ['a value of the wrong type', '{"steps": "8"}', { do: 'change steps' }],
    ['a value out of range', '{"steps": 0}', { do: 'change steps' }],
    ['a list', '[]', { do: 'change the file' }],
    ['broken JSON', '{"steps": 8,}', { need: 'a file of JSON' }],
  ])('is refused with %s', async (_, text, expected) => {
    await writeFile(config, text);
    const error = await readSettings('a', { config }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(SkipstoneError);
    expect((error as SkipstoneError).lines).toMatchObject({ code: 'config-file', ...expected });
    expect((error as SkipstoneError).lines.what).toContain(config);
  });

  test('is refused where there is none', async () => {
    await expect(readSettings('a', { config })).rejects.toThrow(`the config file ${config} cannot be read`);
  });
});
