import { type HostTensor, SkipstoneError } from '@skipstone/core';
import type { Posterior } from './video-codec.js';

/** `[2C, T, h, w]`, mean and log variance. */
export function ofMoments({ shape, data }: HostTensor): Posterior {
  const [double = 0, ...rest] = shape;
  const half = data.length / 2;
  const own = [double / 2, ...rest];
  const [mean, logVariance] = [data.slice(0, half), data.slice(half)] as [Float32Array, Float32Array];
  const deviation = logVariance.map((value) => Math.exp(Math.min(20, Math.max(-30, value)) / 2));
  return {
    mean: { type: 'float32', shape: own, data: mean },
    deviation: { type: 'float32', shape: own, data: deviation },
  };
}

/** mean + deviation·noise. */
export function drawnFrom(
  name: string,
  mean: HostTensor,
  deviation: HostTensor,
  noise: HostTensor,
): HostTensor {
  if (noise.shape.join() !== mean.shape.join()) throw otherNoise(name, noise.shape, mean.shape);
  const by = (at: number): number => Number(deviation.data[at]) * Number(noise.data[at]);
  return { ...mean, data: (mean.data as Float32Array).map((value, i) => value + by(i)) };
}

function otherNoise(name: string, have: readonly number[], need: readonly number[]): SkipstoneError {
  return new SkipstoneError({
    code: 'codec-video',
    what: `${name}: this noise is not of these latents`,
    have: `[${have.join(', ')}]`,
    need: `[${need.join(', ')}]`,
    do: 'draw noise in the shape of the latents',
  });
}
