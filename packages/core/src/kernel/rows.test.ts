import { expect, test } from 'vitest';
import { SkipstoneError } from '../error.js';
import { gather, scatter } from './rows.js';

const floats = (...values: number[]) => Float32Array.from(values);
const A_ND = floats(0, 1, 10, 11, 20, 21, 30, 31);

test('gather takes rows', () => {
  const out = new Float32Array(4);
  gather(A_ND, 2, Int32Array.of(1, 3), out);
  expect(out).toEqual(floats(10, 11, 30, 31));
  gather(A_ND, 2, Int32Array.of(), new Float32Array());
});

test('scatter replaces rows and leaves the source as it is', () => {
  const into = A_ND.slice();
  const out = new Float32Array(8);
  scatter(into, 2, Int32Array.of(0, 3), floats(-1, -2, -3, -4), out);
  expect(out).toEqual(floats(-1, -2, 10, 11, 20, 21, -3, -4));
  expect(into).toEqual(A_ND);
});

test('scatter works in place', () => {
  const into = A_ND.slice();
  scatter(into, 2, Int32Array.of(2), floats(5, 6), into);
  expect(into).toEqual(floats(0, 1, 10, 11, 5, 6, 30, 31));
});

test('scatter undoes gather', () => {
  const rows = Int32Array.of(0, 1, 2, 3);
  const part = new Float32Array(8);
  const out = new Float32Array(8);
  gather(A_ND, 2, rows, part);
  scatter(new Float32Array(8), 2, rows, part, out);
  expect(out).toEqual(A_ND);
});

test.each([
  ['past the end', [1, 4], 'row 4 after row 1'],
  ['negative', [-1, 1], 'row -1 first'],
  ['repeated', [1, 1], 'row 1 after row 1'],
  ['descending', [2, 1], 'row 1 after row 2'],
])('refuses rows that are %s', (_, rows, have) => {
  const chosen = Int32Array.from(rows);
  for (const work of [
    () => gather(A_ND, 2, chosen, new Float32Array(4)),
    () => scatter(A_ND, 2, chosen, new Float32Array(4), new Float32Array(8)),
  ]) {
    expect(work).toThrow(SkipstoneError);
    expect(work).toThrow(`have   ${have}\n  need   rows from 0 to 3`);
  }
});

test('refuses shapes that do not go together', () => {
  const rows = Int32Array.of(0);
  expect(() => gather(A_ND, 3, rows, new Float32Array(3))).toThrow('[8] in rows of 3');
  expect(() => gather(A_ND, 0, rows, new Float32Array(0))).toThrow('[8] in rows of 0');
  expect(() => gather(A_ND, 2, rows, new Float32Array(3))).toThrow('[2] and [3]');
  expect(() => scatter(A_ND, 2, rows, new Float32Array(3), new Float32Array(8))).toThrow('[2] and [3]');
  expect(() => scatter(A_ND, 2, rows, new Float32Array(2), new Float32Array(6))).toThrow('[8] and [6]');
});
