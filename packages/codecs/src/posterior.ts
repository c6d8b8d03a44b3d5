import { type HostTensor, SkipstoneError } from '@skipstone/core';
import type { Posterior } from './video-codec.js';

/** Moments `[n, T, h, w]`: the mean of C channels, then their log variances, or one for all of them. */
export function ofMoments({ shape: [, ...rest], data }: HostTensor, channels: number): Posterior {
  const count = channels * rest.reduce((a, b) => a * b, 1);
  const [mean, logVariance] = [data.slice(0, count), data.slice(count)] as [Float32Array, Float32Array];
  const deviation = mean.map((_, i) => {
    const own = logVariance[i % logVariance.length] ?? Number.NaN;
    return Math.exp(Math.min(20, Math.max(-30, own)) / 2);
  });
  const shape = [channels, ...rest];
  return {
    mean: { type: 'float32', shape, data: mean },
    deviation: { type: 'float32', shape, data: deviation },
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
