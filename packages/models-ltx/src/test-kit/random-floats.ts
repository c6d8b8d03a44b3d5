import type { HostTensor } from '@skipstone/core';

/** Seeded numbers around a mean, near enough to normal: the sum of twelve even ones. Park and Miller's generator. */
export function randomFloats(seed: number, shape: readonly number[], by = 1, around = 0): HostTensor {
  let state = (seed * 7919 + 12345) % 2147483647;
  const even = (): number => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
  for (let i = 0; i < 8; i++) even();
  const normal = (): number => Array.from({ length: 12 }, even).reduce((a, b) => a + b, -6);
  const count = shape.reduce((a, b) => a * b, 1);
  return { type: 'float32', shape, data: Float32Array.from({ length: count }, () => normal() * by + around) };
}
