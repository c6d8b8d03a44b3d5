import { decode } from 'fast-png';
import { expect, it } from 'vitest';
import { contactSheet } from './contact-sheet.js';
import { encodePng } from './encode-png.js';

const GAP = 0xff181818;

function solid(width: number, height: number, value: number) {
  return { width, height, values: new Uint32Array(width * height).fill(value) };
}

it('places frames like text, with a gap between them', () => {
  const sheet = contactSheet([solid(1, 1, 1), solid(1, 1, 2), solid(1, 1, 3)], 1);
  expect(sheet.width).toBe(3);
  expect([...sheet.values]).toEqual([1, GAP, 2, GAP, GAP, GAP, 3, GAP, GAP]);
});

it.each([
  [9, 64, 64, 3, 3],
  [1, 10, 20, 1, 1],
  [5, 400, 10, 1, 5],
  [5, 10, 400, 5, 1],
  [33, 832, 480, 4, 9],
])('puts %i frames of %i x %i pixels into %i columns and %i rows', (count, width, height, columns, rows) => {
  const sheet = contactSheet(Array(count).fill(solid(width, height, 0)), 0);
  expect([sheet.width / width, sheet.height / height]).toEqual([columns, rows]);
});

it('comes back from the PNG file pixel by pixel', () => {
  const values = Uint32Array.from({ length: 5 * 7 }, (_, at) => 0xff000000 + at * 481_516);
  const file = encodePng({ width: 5, height: 7, values });
  const { width, height, channels, data } = decode(file);
  expect([width, height, channels]).toEqual([5, 7, 4]);
  expect([...data]).toEqual([...new Uint8Array(values.buffer)]);
});
