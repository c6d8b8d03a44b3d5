import { expect, test } from 'vitest';
import { dot, eachRow, mean, norm1, norm2, relativeL1, std } from './reduce.js';

const floats = (...values: number[]) => Float32Array.from(values);

test.each([
  ['half', floats(1, -1), floats(2, 0), 1],
  ['by hand', floats(1, 2, 3), floats(2, 2, -1), 1],
  ['nothing changed', floats(3, -4), floats(3, -4), 0],
  ['0/0', floats(0, 0), floats(0, 0), 0],
  ['empty', floats(), floats(), 0],
  ['all became zero', floats(1), floats(0), Number.POSITIVE_INFINITY],
])('relativeL1: %s', (_, before, now, expected) => {
  expect(relativeL1(before, now)).toBe(expected);
});

test('relativeL1 divides by the current value, not the previous one', () => {
  expect(relativeL1(floats(1), floats(4))).toBe(0.75);
  expect(relativeL1(floats(4), floats(1))).toBe(3);
});

test('relativeL1 shows NaN instead of hiding it', () => {
  expect(relativeL1(floats(1), floats(Number.NaN))).toBeNaN();
});

test('norms and dot products by hand, of all and of rows', () => {
  const [a, b] = [floats(3, -4, 0, 2), floats(1, 1, 5, -0.5)];
  expect([norm1(a), norm2(a), dot(a, b)]).toEqual([9, Math.sqrt(29), -2]);
  const ofRows = (of: (from: number, to: number) => number): readonly number[] => {
    const out = new Float32Array(2);
    eachRow(2, out, of);
    return [...out];
  };
  expect(ofRows((from, to) => norm1(a, from, to))).toEqual([7, 2]);
  expect(ofRows((from, to) => norm2(a, from, to))).toEqual([5, 2]);
  expect(ofRows((from, to) => dot(a, b, from, to))).toEqual([-1, -1]);
  expect([norm1(floats(Number.NaN)), dot(floats(1), floats(Number.NaN))]).toEqual([Number.NaN, Number.NaN]);
  expect(() => dot(floats(1), floats(1, 2))).toThrow('dot: the shapes');
});

test('mean and std by hand', () => {
  expect(mean(floats(1, 2, 6))).toBe(3);
  expect(std(floats(1, 2, 6))).toBeCloseTo(Math.sqrt((4 + 1 + 9) / 2), 15);
});

test('std keeps its digits beside a large mean', () => {
  const values = Float32Array.from({ length: 1001 }, (_, i) => 1e6 + (i % 2));
  expect(std(values)).toBeCloseTo(Math.sqrt((1001 * (500 / 1001) * (501 / 1001)) / 1000), 12);
});

test('unequal shapes and too few elements are errors', () => {
  expect(() => relativeL1(floats(1), floats(1, 2))).toThrow('have   [1] and [2]');
  expect(() => mean(floats())).toThrow('at least one element');
  expect(() => std(floats(1))).toThrow('at least two elements');
});
