import type { HostTensor } from '@skipstone/core';

/** Frames `from` to `to` of `[C, T, h, w]`, `[1, C, t, h, w]`. */
export function chunkOf({ shape, data }: HostTensor, from: number, to: number): HostTensor {
  const [channels = 0, frames = 0, height = 0, width = 0] = shape;
  const area = height * width;
  const size = (to - from) * area;
  const all = new Float32Array(channels * size);
  for (let c = 0; c < channels; c++) {
    const at = (c * frames + from) * area;
    all.set((data as Float32Array).subarray(at, at + size), c * size);
  }
  return { type: 'float32', shape: [1, channels, to - from, height, width], data: all };
}

/** Chunks `[C, t, h, w]` one behind the other. */
export function joined(chunks: readonly HostTensor[]): HostTensor {
  const [channels = 0, , height = 0, width = 0] = chunks[0]?.shape ?? [];
  const frames = chunks.reduce((sum, { shape }) => sum + (shape[1] ?? 0), 0);
  const area = height * width;
  const all = new Float32Array(channels * frames * area);
  let first = 0;
  for (const { shape, data } of chunks) {
    const size = (shape[1] ?? 0) * area;
    for (let c = 0; c < channels; c++) {
      all.set((data as Float32Array).subarray(c * size, (c + 1) * size), c * frames * area + first);
    }
    first += size;
  }
  return { type: 'float32', shape: [channels, frames, height, width], data: all };
}
