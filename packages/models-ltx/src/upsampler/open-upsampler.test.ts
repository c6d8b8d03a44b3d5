import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HostTensor, writeSafetensors } from '@skipstone/core';
import { type plain, rejectionOf } from '@skipstone/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plainUpsampler } from '../test-kit/plain-upsampler.js';
import { randomFloats } from '../test-kit/random-floats.js';
import {
  FORMS,
  type Form,
  type TinyUpsampler,
  tinyUpsampler,
  upsamplerShapes,
  writeUpsampler,
} from '../test-kit/tiny-upsampler.js';
import { openLatentUpsampler } from './open-upsampler.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skipstone-upsampler-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const CPU = { device: 'cpu', threads: 1 } as const;
const written = (form: Form, tiny: TinyUpsampler) => writeUpsampler(join(folder, form), tiny);

function error(made: HostTensor, expected: plain.Tensor): number {
  expect(made.shape).toEqual(expected.shape);
  const most = expected.data.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  return expected.data.reduce((max, v, i) => Math.max(max, Math.abs(v - Number(made.data[i]))), 0) / most;
}

describe('a latent upsampler', { timeout: 120_000 }, () => {
  it.each<[Form, readonly number[], readonly number[]]>([
    ['2.0', [5, 3, 4, 5], [5, 3, 8, 10]],
    ['2.3', [5, 2, 3, 6], [5, 2, 6, 12]],
    ['by 0.75', [5, 2, 8, 4], [5, 2, 6, 3]],
    ['by 1.5', [5, 2, 3, 4], [5, 2, 5, 6]],
    ['by 4', [5, 2, 3, 2], [5, 2, 12, 8]],
    ['flat', [5, 3, 4, 5], [5, 3, 8, 10]],
    ['temporal', [5, 3, 4, 5], [5, 5, 4, 5]],
    ['temporal and spatial', [5, 3, 2, 3], [5, 5, 4, 6]],
  ])('of the form %s computes what its reference says, on %j', async (form, from, to) => {
    const tiny = tinyUpsampler(form);
    const upsampler = await openLatentUpsampler(await written(form, tiny));
    const latents = randomFloats(99, from, 1.5, 0.3);
    const made = await upsampler.upsample(latents, CPU);
    expect(made.shape).toEqual(to);
    expect(error(made, plainUpsampler(form, tiny, latents))).toBeLessThan(1e-5);
  });

  it('is opened from one file that says itself how it is made', async () => {
    const { tensors } = tinyUpsampler('2.3');
    const path = join(folder, 'alone.safetensors');
    const config = { in_channels: 5, mid_channels: 32, num_blocks_per_stage: 2 };
    await writeSafetensors(path, tensors, { metadata: { config: JSON.stringify(config) } });
    const [alone, beside] = [
      await openLatentUpsampler(path),
      await openLatentUpsampler(await written('2.3', tinyUpsampler('2.3'))),
    ];
    const latents = randomFloats(4, [5, 2, 3, 3]);
    expect((await alone.upsample(latents, CPU)).data).toEqual((await beside.upsample(latents, CPU)).data);
    expect(alone.config).toEqual(beside.config);
  });

  it('takes latents back to their mean and spread, and presses large ones together, where asked', async () => {
    const upsampler = await openLatentUpsampler(await written('2.3', tinyUpsampler('2.3')));
    const latents = randomFloats(4, [5, 2, 3, 3], 3, 1);
    const plain = await upsampler.upsample(latents, CPU);
    const off = await upsampler.upsample(latents, { ...CPU, adain: 0, toneMap: 0 });
    expect(off.data).toEqual(plain.data);
    const moments = ({ data, shape: [channels = 1] }: HostTensor, c: number) => {
      const size = data.length / channels;
      const own = [...(data as Float32Array).subarray(c * size, (c + 1) * size)];
      const mean = own.reduce((a, b) => a + b, 0) / size;
      return [mean, Math.sqrt(own.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (size - 1))] as const;
    };
    const whole = await upsampler.upsample(latents, { ...CPU, adain: 1 });
    const half = await upsampler.upsample(latents, { ...CPU, adain: 0.5 });
    for (let c = 0; c < 5; c++) {
      const [had, has] = [moments(latents, c), moments(whole, c)];
      expect(has[0]).toBeCloseTo(had[0], 4);
      expect(has[1]).toBeCloseTo(had[1], 4);
      expect(moments(half, c)[0]).toBeCloseTo((moments(plain, c)[0] + had[0]) / 2, 4);
    }
    const pressed = await upsampler.upsample(latents, { ...CPU, toneMap: 0.8 });
    plain.data.forEach((value, i) => {
      const y = Number(value);
      const by = 1 - 0.8 * 0.6 * (1 / (1 + Math.exp(-4 * 0.6 * (Math.abs(y) - 1))));
      expect(pressed.data[i]).toBeCloseTo(y * by, 5);
    });
    const refused = await rejectionOf(upsampler.upsample(latents, { ...CPU, adain: 2 }));
    expect(refused.lines).toMatchObject({ code: 'ltx-upsample-option', have: '2' });
  });
});

describe('what is refused', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['another class', { _class_name: 'Other' }, '_class_name'],
    ['an unknown flag', { causal: true }, 'Unrecognized key: "causal"'],
    ['four axes', { dims: 4 }, 'dims'],
    ['frames of two axes', { dims: 2, temporal_upsample: true }, 'temporal_upsample with dims 2'],
    ['a scale of 3', { rational_spatial_scale: 3 }, 'rational_spatial_scale'],
    ['channels that are no groups', { mid_channels: 40 }, 'mid_channels'],
    ['nothing to do', { spatial_upsample: false }, 'neither'],
  ])('%s', async (name, fields, have) => {
    const tiny = tinyUpsampler('2.3');
    const path = await writeUpsampler(join(folder, name), { ...tiny, config: { ...tiny.config, ...fields } });
    const refused = await rejectionOf(openLatentUpsampler(path));
    expect(refused.lines).toMatchObject({
      code: 'ltx-upsampler-config',
      have: expect.stringContaining(have),
    });
  });

  it('tensors of another form, too many, or of another shape', async () => {
    const [two, three] = [tinyUpsampler('2.0'), tinyUpsampler('2.3')];
    const other = await writeUpsampler(join(folder, 'other'), { ...two, tensors: three.tensors });
    expect((await rejectionOf(openLatentUpsampler(other))).lines.what).toContain(
      "no tensor 'upsampler.conv.weight'",
    );
    const more = { ...three.tensors, stray: randomFloats(1, [2]) };
    const path = await writeUpsampler(join(folder, 'more'), { ...three, tensors: more });
    expect((await rejectionOf(openLatentUpsampler(path))).lines.have).toBe('1 unused: stray');
    const wide = { ...three, config: { ...three.config, mid_channels: 64 } };
    const shaped = await rejectionOf(openLatentUpsampler(await writeUpsampler(join(folder, 'wide'), wide)));
    expect(shaped.code).toBe('checkpoint-shape');
  });

  it('a file that nothing is said about', async () => {
    const path = join(folder, 'silent', 'x.safetensors');
    await writeUpsampler(join(folder, 'silent'), tinyUpsampler('2.3'));
    await rm(join(folder, 'silent', 'config.json'));
    await writeSafetensors(path, tinyUpsampler('2.3').tensors);
    expect((await rejectionOf(openLatentUpsampler(path))).lines.have).toContain('neither a config.json');
    await writeFile(join(folder, 'silent', 'config.json'), '{');
    expect((await rejectionOf(openLatentUpsampler(path))).code).not.toBe('ltx-upsampler-config');
  });

  it('latents of other channels, and what does not fit, before any weight is read', async () => {
    const upsampler = await openLatentUpsampler(await written('2.3', tinyUpsampler('2.3')));
    const { peakBytes, spans } = upsampler.plan([5, 2, 30, 40], { device: 'cpu' });
    expect(spans.find(({ bytes }) => bytes === peakBytes)?.name).toBe('post_upsample_res_blocks.0');
    const tight = { ...CPU, memoryBytes: peakBytes - 1 };
    const refused = await rejectionOf(upsampler.upsample(randomFloats(1, [5, 2, 30, 40]), tight));
    expect(refused.lines).toMatchObject({ code: 'plan-memory', what: 'latent upsampler: it does not fit' });
    expect((await rejectionOf(upsampler.upsample(randomFloats(1, [4, 2, 3, 3]), CPU))).code).toBe(
      'ltx-latents',
    );
  });
});

it('of the published shape claims the parameters that are published', async () => {
  const { path, kernel, grows } = FORMS['2.3'];
  const shapes = upsamplerShapes({ channels: 128, width: 1024, blocks: 4 }, { path, kernel, grows });
  const file = join(folder, 'published.safetensors');
  const metadata = { config: JSON.stringify({ mid_channels: 1024 }) };
  const parameters = await writeHeader(file, shapes, metadata);
  expect(parameters).toBe(497_867_904);
  const { chain, plan, config } = await openLatentUpsampler(file);
  expect(chain.checkpoint.tensors.size).toBe(Object.keys(shapes).length);
  expect(config).toMatchObject({ channels: 128, width: 1024, blocks: 4, spatial: [2, 1], rational: false });
  // 1536×1024, 121 frames: buffers of 96 MiB in a residual block, and two weights of 108 MiB in float32.
  const { peakBytes, output } = plan([128, 16, 16, 24], { device: 'cpu' });
  expect(output).toEqual([1, 128, 16, 32, 48]);
  expect(peakBytes / 2 ** 20).toBeCloseTo(696, 0);
});

/** A checkpoint whose weights are a hole in the file. */
async function writeHeader(
  path: string,
  shapes: Readonly<Record<string, readonly number[]>>,
  metadata: Readonly<Record<string, string>>,
): Promise<number> {
  let end = 0;
  const entries = Object.entries(shapes).map(([name, shape]) => {
    const from = end;
    end += 2 * shape.reduce((a, b) => a * b, 1);
    return [name, { dtype: 'BF16', shape, data_offsets: [from, end] }] as const;
  });
  const json = Buffer.from(JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(entries) }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  await writeFile(path, Buffer.concat([length, json]));
  await truncate(path, 8 + json.length + end);
  return end / 2;
}
