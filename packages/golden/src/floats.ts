import {
  type Given,
  type Grid,
  type HostTensor,
  type ModelSpec,
  pinFrames,
  SkipstoneError,
} from '@skipstone/core';
import type { Golden, Numbers } from './golden.js';

/** A float32 tensor in this process's memory. */
export interface Floats extends Numbers {
  readonly type: 'float32';
  readonly data: Float32Array;
}

/** An input of floats with so many axes. */
export async function floatInput(golden: Golden, name: string, axes: number): Promise<Floats> {
  const { type, shape, data } = await golden.input(name);
  if (data instanceof Float32Array && shape.length === axes) return { type: 'float32', shape, data };
  throw new SkipstoneError({
    code: 'golden-tensors',
    what: `${golden.folder}: the input ${name} cannot be what it is named`,
    have: `${type} [${shape.join(', ')}]`,
    need: `floats with ${axes} axes`,
    do: 'record the case again',
  });
}

/** A tensor of a model's one stream. */
export function floatsOf(host: HostTensor | undefined): Floats {
  if (host?.data instanceof Float32Array) return { type: 'float32', shape: host.shape, data: host.data };
  throw new TypeError('the stream is not float32');
}

/** Sample `index` of a batch, without the batch axis. */
export function sample({ type, shape, data }: Floats, index: number): Floats {
  const rest = shape.slice(1);
  const size = rest.reduce((a, b) => a * b, 1);
  return { type, shape: rest, data: data.slice(index * size, (index + 1) * size) };
}

/** Samples of one shape as a batch: the way back. */
export function stacked(samples: readonly HostTensor[]): Numbers {
  const shape = [samples.length, ...(samples[0]?.shape ?? [])];
  return { shape, data: samples.flatMap(({ data }) => Array.from(data, Number)) };
}

/** Pins the first `count` frames of latents `[C, T, Y, X]`; none of them: nothing is given. */
export const pinnedFrames = (spec: ModelSpec, latents: Floats, count: number): Given =>
  count === 0 ? {} : pinFrames(spec, { video: firstFramesOf(latents, count) });

function firstFramesOf({ type, shape, data }: Floats, count: number): Floats {
  const [channels = 0, frames = 0, height = 0, width = 0] = shape;
  const area = height * width;
  const kept = data.filter((_, i) => Math.floor(i / area) % frames < count);
  return { type, shape: [channels, count, height, width], data: kept };
}

/** The size of latents `[C, T, Y, X]`. */
export function gridOf({ shape }: HostTensor | Floats): Grid {
  const [, frames = 0, height = 0, width = 0] = shape;
  return { frames, height, width };
}
