import { type HostTensor, unitNoise } from '@skipstone/core';

/** Noise of a seed for a draw that is not the run's own: a sequence of the seed that nothing else reads. */
export const seededLike = (shape: readonly number[], seed: number): HostTensor => ({
  type: 'float32',
  shape,
  data: unitNoise({ seed, shape, sequence: 2 ** 16 }),
});
