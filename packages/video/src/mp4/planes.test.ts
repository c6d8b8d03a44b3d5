import { expect, it } from 'vitest';
import { colourMatrix } from './colour-matrix.js';
import { planes } from './planes.js';

function solid(red: number, green: number, blue: number) {
  return { width: 2, height: 2, values: new Uint32Array(4).fill(red + green * 256 + blue * 65536) };
}

it.each([
  // ITU-R BT.601 and BT.709, 8-bit colour bars.
  ['BT.601', 256, [255, 255, 255], [235, 128, 128]],
  ['BT.601', 256, [0, 0, 0], [16, 128, 128]],
  ['BT.601', 256, [255, 0, 0], [81, 90, 240]],
  ['BT.601', 256, [0, 255, 0], [145, 54, 34]],
  ['BT.601', 256, [0, 0, 255], [41, 240, 110]],
  ['BT.709', 720, [255, 0, 0], [63, 102, 240]],
  ['BT.709', 720, [0, 255, 0], [173, 42, 26]],
  ['BT.709', 720, [0, 0, 255], [32, 240, 118]],
] as const)(
  'follows %s in pictures of %i rows for the colour %o',
  (_, rows, [red, green, blue], expected) => {
    const [y, , , , cb, cr] = planes(solid(red, green, blue), colourMatrix(256, rows));
    expect([y, cb, cr]).toEqual(expected);
  },
);

it('takes the mean chroma of four pixels and the luma of each', () => {
  const pixels = {
    width: 2,
    height: 2,
    values: Uint32Array.of(0xff0000ff, 0xffff0000, 0xff0000ff, 0xffff0000),
  };
  expect([...planes(pixels, colourMatrix(2, 2))]).toEqual([81, 41, 81, 41, 165, 175]);
});
