import { joined, type VideoCodec } from '@skipstone/codecs';
import type { HostTensor } from '@skipstone/core';
import { type Checked, compare, GOLDEN_THREADS, type Golden, type Numbers } from '@skipstone/golden';

/** Decodes and compares; gives the frames, `[T, H, W, 3]` in 0 to 1. */
export async function* checkFrames(
  golden: Golden,
  codec: VideoCodec,
  latents: HostTensor,
): AsyncGenerator<Checked, Numbers> {
  const chunks: HostTensor[] = [];
  for await (const chunk of codec.decode(latents, { device: 'cpu', threads: GOLDEN_THREADS }))
    chunks.push(chunk);
  const frames = lastChannels(joined(chunks));
  yield compare('out.frames', frames, await golden.reference('out.frames'));
  return frames;
}

/** `[3, T, H, W]` in −1 to 1 as `[T, H, W, 3]` in 0 to 1. */
function lastChannels({ shape, data }: HostTensor): Numbers {
  const [, frames = 0, height = 0, width = 0] = shape;
  const area = frames * height * width;
  return {
    shape: [frames, height, width, 3],
    data: Float32Array.from({ length: 3 * area }, (_, i) => {
      return Math.min(1, Math.max(0, Number(data[(i % 3) * area + Math.floor(i / 3)]) / 2 + 0.5));
    }),
  };
}

export const batched = (one: HostTensor | undefined): Numbers | undefined =>
  one && { shape: [1, ...one.shape], data: one.data as Float32Array };

export const list = (data: readonly number[]): Numbers => ({ shape: [data.length], data });

export const exactly = (name: string, same: boolean, have: string): Checked => ({
  ...{ name, shape: [], error: same ? 0 : Number.POSITIVE_INFINITY, limit: 0 },
  ...(!same && { note: `ours: ${JSON.stringify(have)}` }),
});
