import { expect, test } from 'vitest';
import { SkipstoneError } from '../error.js';
import { add, scaledAdd, sub } from './elementwise.js';

const floats = (...values: number[]) => Float32Array.from(values);

/** Numbers of every size and sign, reproducible. */
function spread(n: number, seed: number): Float32Array {
  return Float32Array.from(
    { length: n },
    (_, i) => Math.sin(i * 12.9898 + seed) * 2 ** ((i * 7 + seed) % 40) * 1e-6,
  );
}

test('add and sub round once to float32', () => {
  const a = floats(1, 0.1, 16777216, -3);
  const b = floats(2, 0.2, 1, 3);
  const out = new Float32Array(4);
  add(a, b, out);
  expect(Array.from(out)).toEqual(Array.from(a, (x, i) => Math.fround(x + (b[i] ?? 0))));
  sub(a, b, out);
  expect(Array.from(out)).toEqual(Array.from(a, (x, i) => Math.fround(x - (b[i] ?? 0))));
});

test.each([0, 1, 2, 3, 4, 5, 7])('scaledAdd of %i terms is the float64 sum, rounded once', (terms) => {
  const scales = [0.3, -1.7, 1e-9, 1e6, 0.5, -0.25, 2].slice(0, terms);
  const of = scales.map((_, k) => spread(257, k));
  const out = spread(257, 99);
  scaledAdd(scales, of, out);
  const expected = Array.from(out, (_, i) =>
    Math.fround(of.reduce((sum, a, k) => sum + (scales[k] ?? 0) * (a[i] ?? 0), 0)),
  );
  expect(Array.from(out)).toEqual(expected);
});

test('scaledAdd keeps digits that float32 steps would lose', () => {
  const out = new Float32Array(1);
  scaledAdd([1, 1, -1], [floats(16777216), floats(1), floats(16777216)], out);
  expect(out[0]).toBe(1);
});

test('the output may be an input', () => {
  const a = floats(1, 2);
  add(a, a, a);
  expect(a).toEqual(floats(2, 4));
  scaledAdd([3, 1], [floats(1, 1), a], a);
  expect(a).toEqual(floats(5, 7));
  const many = floats(1, 1);
  scaledAdd([1, 1, 1, 1, 1], [many, many, many, many, many], many);
  expect(many).toEqual(floats(5, 5));
});

test.each([
  ['add', () => add(floats(1), floats(1, 2), new Float32Array(1))],
  ['add', () => add(floats(1), floats(1), new Float32Array(2))],
  ['sub', () => sub(floats(1), floats(1, 2), new Float32Array(1))],
  ['sub', () => sub(floats(1), floats(1), new Float32Array(2))],
  ['scaledAdd', () => scaledAdd([1, 1], [floats(1), floats(1, 2)], new Float32Array(1))],
  ['scaledAdd', () => scaledAdd([1], [floats(1), floats(1)], new Float32Array(1))],
])('%s refuses unequal shapes and names both', (kernel, work) => {
  expect(work).toThrow(SkipstoneError);
  expect(work).toThrow(
    new RegExp(`^${kernel}: .*\\n {2}have {3}\\[\\d\\] and \\[\\d\\]\\n {2}need {3}equal shapes`),
  );
});
