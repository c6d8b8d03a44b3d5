import { expect, it } from 'vitest';
import { enlarge, packed } from './enlarge.js';

it('makes each pixel a square', () => {
  const { width, height, values } = enlarge({ width: 2, height: 1, values: Uint32Array.of(7, 8) }, 2, false);
  expect([width, height, ...values]).toEqual([4, 2, 7, 7, 8, 8, 7, 7, 8, 8]);
});

it('repeats the last row and the last column where sides must be even', () => {
  const pixels = { width: 3, height: 1, values: Uint32Array.of(1, 2, 3) };
  const { width, height, values } = enlarge(pixels, 1, true);
  expect([width, height, ...values]).toEqual([4, 2, 1, 2, 3, 3, 1, 2, 3, 3]);
});

it('packs a view that starts anywhere in its buffer', () => {
  const view = new Uint8ClampedArray(Uint8Array.of(9, 1, 2, 3, 4, 9).buffer, 1, 4);
  expect([...packed(1, 1, view).values]).toEqual([0x04030201]);
});
