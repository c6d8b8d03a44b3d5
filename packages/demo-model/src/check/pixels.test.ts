import { expect, test } from 'vitest';
import { components, core } from './pixels.js';

const picture = (rows: readonly string[]) => (i: number) => rows[Math.floor(i / 64)]?.[i % 64] === '#';

test('pixels hang together by their sides, not by corners and not around the edge', () => {
  const edge = `#${'.'.repeat(62)}#`;
  const groups = components(picture([`##..#`, `.#...`, `..##.`, edge, edge]));
  expect(groups.map((group) => group.toSorted((a, b) => a - b))).toEqual([
    [0, 1, 65],
    [4],
    [130, 131],
    [192, 256],
    [255, 319],
  ]);
});

test('a rim of two pixels has no core, a square of three has one pixel', () => {
  const rim = picture(['....', '.##.', '.##.', '.##.']);
  expect(core(components(rim)[0] ?? [], rim)).toEqual([]);
  const square = picture(['....', '.###', '.###', '.###']);
  expect(core(components(square)[0] ?? [], square)).toEqual([2 * 64 + 2]);
});

test('at the edge of the picture there is no core', () => {
  const corner = picture(['###', '###', '###']);
  expect(core(components(corner)[0] ?? [], corner)).toEqual([65]);
});
