import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type HostTensor, openCheckpoint, SkipstoneError } from '@skipstone/core';
import { checkGolden, missed } from '@skipstone/golden';
import { describe, expect, it } from 'vitest';
import { chunkOf, joined } from '../frames.js';
import { codecOf } from '../open-codec.js';
import { verifiers } from '../verify/index.js';
import { wanVaeName } from './names.js';

const real = (name: string): string => fileURLToPath(new URL(`../../test-data/${name}`, import.meta.url));
const CPU = { device: 'cpu', threads: 1 } as const;
const open = async (name: string) =>
  codecOf(
    JSON.parse(await readFile(`${real(name)}/config.json`, 'utf8')),
    'config.json',
    await openCheckpoint(`${real(name)}/model.safetensors`),
  );
const random = (shape: readonly number[], seed = 1): HostTensor => ({
  ...{ type: 'float32', shape },
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) =>
    Math.sin(12.9898 * i + seed),
  ),
});

describe.each(['vae-wan21', 'vae-wan22'])('%s', (name) => {
  it('verifies', async () => {
    const checked = await checkGolden(real(name), verifiers);
    expect(checked).toHaveLength(2);
    expect(missed(checked)).toEqual([]);
    expect(Math.max(...checked.map(({ error }) => error))).toBeLessThan(1e-5);
  });

  it('gives frames as they come: those of a shorter video are the first of a longer one', async () => {
    const codec = await open(name);
    const latents = random([codec.channels, 3, 2, 2]);
    const frames = async (count: number): Promise<readonly HostTensor[]> => {
      const made: HostTensor[] = [];
      const shorter = chunkOf(latents, 0, count);
      for await (const one of codec.decode({ ...shorter, shape: shorter.shape.slice(1) }, CPU))
        made.push(one);
      return made;
    };
    const three = await frames(3);
    expect(three.map(({ shape }) => shape[1])).toEqual([1, 4, 4]);
    expect(await frames(2)).toEqual(three.slice(0, 2));
    expect(await frames(1)).toEqual(three.slice(0, 1));
  });

  it('takes no more memory for more frames, encoding and decoding', async () => {
    const codec = await open(name);
    const decode = (frames: number) => codec.planDecode([codec.channels, frames, 4, 6], { device: 'cpu' });
    expect(decode(21).peakBytes).toBe(decode(3).peakBytes);
    const encode = (frames: number) => codec.planEncode([3, frames, 64, 32], { device: 'cpu' });
    expect(encode(81).peakBytes).toBe(encode(9).peakBytes);
    expect(encode(81).flops).toBeGreaterThan(8 * encode(9).flops);
  });

  it('draws latents around what it says of a video, where noise is given', async () => {
    const codec = await open(name);
    const video = random([3, 5, 32, 32]);
    const plain = await codec.encode(video, CPU);
    const zero = { ...plain, data: new Float32Array(plain.data.length) };
    expect(await codec.encode(video, { ...CPU, noise: zero })).toEqual(plain);
    expect((await codec.encode(video, { ...CPU, noise: random(plain.shape) })).data).not.toEqual(plain.data);
  });

  it('refuses what it cannot take, and what does not fit', async () => {
    const codec = await open(name);
    const code = (work: () => unknown): string => {
      try {
        work();
        return 'none';
      } catch (error) {
        return error instanceof SkipstoneError ? error.code : String(error);
      }
    };
    const settings = { device: 'cpu' } as const;
    expect(code(() => codec.planDecode([codec.channels + 1, 3, 2, 2], settings))).toBe('codec-latents');
    expect(code(() => codec.planEncode([3, 8, 32, 32], settings))).toBe('codec-video');
    expect(code(() => codec.planEncode([3, 9, 33, 32], settings))).toBe('codec-video');
    const { peakBytes } = codec.planDecode([codec.channels, 3, 4, 4], settings);
    const tight = { ...settings, memoryBytes: peakBytes - 1 };
    expect(code(() => codec.planDecode([codec.channels, 3, 4, 4], tight))).toBe('plan-memory');
  });
});

it('chunks of frames put together again are what they were cut from', () => {
  const video = random([3, 5, 2, 2]);
  const cut = [0, 1, 3].map((from, i) => {
    const one = chunkOf(video, from, [1, 3, 5][i] ?? 0);
    return { ...one, shape: one.shape.slice(1) };
  });
  expect(joined(cut)).toEqual(video);
});

it("the original release's names are those of diffusers", () => {
  expect(
    [
      'conv1.weight',
      'conv2.bias',
      'encoder.conv1.weight',
      'encoder.downsamples.2.resample.1.weight',
      'encoder.downsamples.5.time_conv.bias',
      'encoder.downsamples.4.residual.6.weight',
      'decoder.upsamples.0.residual.0.gamma',
      'decoder.upsamples.7.time_conv.weight',
      'decoder.upsamples.4.shortcut.weight',
      'decoder.upsamples.14.residual.2.weight',
      'decoder.middle.1.to_qkv.weight',
      'decoder.middle.2.residual.3.gamma',
      'decoder.head.0.gamma',
      'decoder.head.2.bias',
    ].map(wanVaeName),
  ).toEqual([
    'quant_conv.weight',
    'post_quant_conv.bias',
    'encoder.conv_in.weight',
    'encoder.down_blocks.2.resample.1.weight',
    'encoder.down_blocks.5.time_conv.bias',
    'encoder.down_blocks.4.conv2.weight',
    'decoder.up_blocks.0.resnets.0.norm1.gamma',
    'decoder.up_blocks.1.upsamplers.0.time_conv.weight',
    'decoder.up_blocks.1.resnets.0.conv_shortcut.weight',
    'decoder.up_blocks.3.resnets.2.conv1.weight',
    'decoder.mid_block.attentions.0.to_qkv.weight',
    'decoder.mid_block.resnets.1.norm2.gamma',
    'decoder.norm_out.gamma',
    'decoder.conv_out.bias',
  ]);
});
