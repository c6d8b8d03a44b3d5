import { expect, it } from 'vitest';
import { patchify, unpatchify } from './patch.js';

const GRID = { frames: 2, height: 2, width: 4 };
const latents = {
  type: 'float32' as const,
  shape: [3, 2, 2, 4],
  data: Float32Array.from({ length: 48 }, (_, i) => i),
};

it('a row is a patch: row, column, then channel; tokens run over frames, rows, columns', () => {
  const { shape, data } = patchify(latents, 3, GRID);
  expect(shape).toEqual([4, 12]);
  // Token 1 is the second patch of frame 0: pixels 2, 3, 6, 7, each with its three channels.
  expect([...data.slice(12, 24)].map(Number)).toEqual([2, 18, 34, 3, 19, 35, 6, 22, 38, 7, 23, 39]);
  // Token 2 begins frame 1.
  expect(Number(data[24])).toBe(8);
});

it('and back', () => {
  expect(unpatchify(patchify(latents, 3, GRID), 3, GRID)).toEqual(latents);
});

it.each([
  ['of another size', { ...latents, data: new Float32Array(47) }, GRID],
  ['with an odd height', latents, { frames: 2, height: 1, width: 8 }],
])('refuses latents %s', (_, host, grid) => {
  expect(() => patchify(host, 3, grid)).toThrow('latents do not fit the grid');
});
