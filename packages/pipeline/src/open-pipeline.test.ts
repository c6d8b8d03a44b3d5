import { cp, mkdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generate, type HostTensor, SkipstoneError } from '@skipstone/core';
import { temporaryFolder } from '@skipstone/core/testing';
import { describe, expect, it } from 'vitest';
import { findIndex, isWhole, openPipeline, pipelineOf } from './index.js';

const real = (name: string): string => fileURLToPath(new URL(`../test-data/${name}`, import.meta.url));
const SIZE = { width: 64, height: 32, frames: 5, steps: 3 };

const errorOf = async (work: Promise<unknown>): Promise<SkipstoneError> => {
  const error = await work.then(
    () => new Error('it was taken'),
    (reason: unknown) => reason,
  );
  if (error instanceof SkipstoneError) return error;
  throw error;
};

const copied = async (name = 'pipe-wan22-a14b'): Promise<string> => {
  const folder = join(await temporaryFolder('pipeline'), 'model');
  await cp(real(name), folder, { recursive: true });
  return folder;
};

describe('a whole folder', () => {
  it('draws a prompt, the same bytes for the same seed', async () => {
    const { model } = await openPipeline(real('pipe-wan22-a14b'));
    const draw = async () => (await generate(model, { prompt: 'a train', ...SIZE, seed: 3 }).result).video;
    const [one, two] = [await draw(), await draw()];
    expect([one?.width, one?.height, one?.rgba.length]).toEqual([64, 32, 5]);
    expect(two).toEqual(one);
  });

  it('makes sound with the pictures, where the model does', async () => {
    const { model } = await openPipeline(real('pipe-ltx2-3'), { maxTokens: 64 });
    const { video } = await generate(model, { prompt: 'rain', width: 96, height: 64, frames: 9, steps: 3 })
      .result;
    expect(video?.rgba).toHaveLength(9);
    expect(video?.sound?.rate).toBe(48_000);
    expect(video?.sound?.samples.map(({ length }) => length)).toEqual([15_840, 15_840]);
  });

  it('is found in a cache of a hub, whose files are links', async () => {
    const cache = await temporaryFolder('hub');
    await mkdir(join(cache, 'snapshots'), { recursive: true });
    await symlink(real('pipe-wan22-a14b'), join(cache, 'snapshots', 'abc'));
    expect(await findIndex(cache)).toBe(join(cache, 'snapshots', 'abc'));
    expect(pipelineOf((await openPipeline(cache)).model)?.family).toBe('wan');
    // Of two revisions the one that the cache calls newest, whatever they are called.
    await symlink(real('pipe-wan21-i2v'), join(cache, 'snapshots', 'def'));
    await mkdir(join(cache, 'refs'));
    for (const newest of ['def', 'abc']) {
      await writeFile(join(cache, 'refs', 'main'), `${newest}\n`);
      expect(await findIndex(cache)).toBe(join(cache, 'snapshots', newest));
    }
  });

  it('is told from a transformer alone', async () => {
    const folder = await copied();
    expect(await isWhole(folder)).toBe(true);
    await rm(join(folder, 'tokenizer'), { recursive: true });
    expect(await isWhole(folder)).toBe(false);
    expect(pipelineOf((await openPipeline(real('pipe-wan22-a14b'))).model)).toBeDefined();
  });
});

describe('what is refused, before minutes are spent', () => {
  it('a run that does not fit, before a prompt is encoded', async () => {
    const { model } = await openPipeline(real('pipe-wan22-a14b'));
    let encoded = 0;
    const counted = {
      ...model,
      text: {
        ...model.text,
        encodeMany: async () => {
          encoded++;
          return [];
        },
      },
    } as typeof model;
    const run = generate(counted, { prompt: 'a train', ...SIZE, memoryBytes: 1000 }).result;
    expect((await errorOf(run)).code).toBe('plan-memory');
    expect(encoded).toBe(0);
  });

  it('a part that is missing, by its name', async () => {
    const folder = await copied();
    await rm(join(folder, 'vae'), { recursive: true });
    const { lines } = await errorOf(openPipeline(folder));
    expect(lines).toMatchObject({ code: 'pipeline-part', have: 'no folder vae' });
  });

  it.each([
    ['text_encoder', 'encoder-config', 'text encoder'],
    ['vae', 'codec-config', 'autoencoder'],
  ])('%s without config.json', async (part, code, words) => {
    const folder = await copied();
    await rm(join(folder, part, 'config.json'));
    const { lines } = await errorOf(openPipeline(folder));
    expect(lines).toMatchObject({ code, have: 'no config.json beside the weights' });
    expect(lines.what).toContain(`nothing says how this ${words} is made`);
  });

  it.each(['text_encoder', 'vae'])('weights of %s that were cut off', async (part) => {
    const folder = await copied();
    const name = part === 'vae' ? 'diffusion_pytorch_model' : 'model';
    await truncate(join(folder, part, `${name}.safetensors`), 2000);
    expect((await errorOf(openPipeline(folder))).lines.what).toContain(`${name}.safetensors`);
  });

  it('another pipeline, and a folder that is none', async () => {
    const folder = await copied();
    const index = join(folder, 'model_index.json');
    await writeFile(index, (await readFile(index, 'utf8')).replace('WanPipeline', 'FluxPipeline'));
    expect((await errorOf(openPipeline(folder))).lines.have).toBe('FluxPipeline');
    expect((await errorOf(openPipeline(join(folder, 'vae')))).lines.have).toBe('no model_index.json');
  });

  it('a picture for a model that draws from text', async () => {
    const pipeline = await openPipeline(real('pipe-wan22-a14b'));
    const image = { width: 2, height: 2, rgb: new Uint8Array(12) };
    const { code } = await errorOf(pipeline.prepare({ image }, { size: SIZE }));
    expect(code).toBe('pipeline-input');
  });
});

it('a last picture ends what the first begins: its mask says so', async () => {
  const { family, prepare } = await openPipeline(real('pipe-wan21-i2v'));
  const image = { width: 8, height: 8, rgb: new Uint8Array(192).fill(90) };
  const size = { width: 32, height: 48, frames: 5 };
  const [one, both] = [
    await prepare({ image }, { size }),
    await prepare({ image, lastImage: image }, { size }),
  ];
  const rows = ({ given }: typeof one): HostTensor | undefined => Object.values(given?.tables ?? {})[0];
  expect([family, rows(one)?.shape]).toEqual(['wan', rows(both)?.shape]);
  expect(rows(both)?.data).not.toEqual(rows(one)?.data);
});
