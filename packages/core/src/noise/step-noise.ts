import type { HostTensor, Streams } from '../spec/tensor.js';
import { gaussianNoise } from './gaussian-noise.js';

/**
 * Standard normal rows of each stream for one step. A value depends on seed, step and its place alone: a run that is
 * resumed draws what it would have drawn. A run's first noise is sequence 0 of the seed; step k has sequence k + 1.
 */
export function stepNoise(
  seed: number,
  step: number,
  shapes: Streams<readonly number[]>,
): Streams<HostTensor> {
  let offset = 0;
  return Object.fromEntries(
    Object.entries(shapes).map(([stream, shape]): [string, HostTensor] => {
      const data = gaussianNoise({ seed, shape, offset, sequence: step + 1 });
      offset += data.length;
      return [stream, { type: 'float32', shape, data }];
    }),
  );
}
