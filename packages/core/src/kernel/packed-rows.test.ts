import { describe, expect, it } from 'vitest';
import { type PackedForm, packedShape, packRows, unpackRows } from './packed-rows.js';

const WIDTH = 37;
const ROWS = 11;
const FORMS: readonly PackedForm[] = ['bfloat16', 'int8'];

/** Values of both signs over many orders of magnitude, the same at every call. */
function values(rows: number, width: number): Float32Array {
  let state = 1;
  return Float32Array.from({ length: rows * width }, (_, i) => {
    state = (Math.imul(state, 48271) >>> 0) % 0x7fffffff;
    return (state / 0x3fffffff - 1) * 10 ** (Math.floor(i / width) - 5);
  });
}

const empty = (form: PackedForm, rows: number, width: number): Uint8Array =>
  new Uint8Array(packedShape(form, rows, width).reduce((a, b) => a * b, 1));

function roundTrip(form: PackedForm, a: Float32Array, width: number): Float32Array {
  const bytes = empty(form, a.length / width, width);
  packRows(form, a, width, bytes);
  const out = new Float32Array(a.length);
  unpackRows(form, bytes, width, out);
  return out;
}

describe('packed rows', () => {
  it('in bfloat16 are within 2⁻⁸ of each value, and some come near that', () => {
    const a = values(ROWS, WIDTH);
    const errors = roundTrip('bfloat16', a, WIDTH).map((b, i) => Math.abs(b / (a[i] ?? 1) - 1));
    expect(Math.max(...errors)).toBeLessThanOrEqual(2 ** -8);
    expect(Math.max(...errors)).toBeGreaterThan(2 ** -9);
  });

  it('in bfloat16 are rounded to nearest, ties to even', () => {
    const step = 2 ** -7;
    const a = Float32Array.of(1, 1 + step / 2, 1 + 1.5 * step, 1 + step / 2 + 2 ** -20, -1 - step / 2, -0);
    const read = [...roundTrip('bfloat16', a, a.length)];
    expect(read).toEqual([1, 1, 1 + 2 * step, 1 + step, -1, -0]);
  });

  it('in bfloat16 keep NaN and infinity, and overflow to infinity', () => {
    const payload = new Float32Array(Int32Array.of(0x7f800001, -1).buffer);
    const a = Float32Array.of(Number.NaN, Infinity, -Infinity, 3.4e38, -3.4e38, ...payload);
    expect([...roundTrip('bfloat16', a, a.length)]).toEqual([
      Number.NaN,
      Infinity,
      -Infinity,
      Infinity,
      -Infinity,
      Number.NaN,
      Number.NaN,
    ]);
  });

  it('in int8 are within 1/254 of the row’s largest, and some come near that', () => {
    const a = values(ROWS, WIDTH);
    const read = roundTrip('int8', a, WIDTH);
    for (let row = 0; row < ROWS; row++) {
      const of = a.subarray(row * WIDTH, (row + 1) * WIDTH);
      const largest = Math.max(...of.map(Math.abs));
      const errors = of.map((x, i) => Math.abs((read[row * WIDTH + i] ?? 0) - x) / largest);
      expect(Math.max(...errors)).toBeLessThanOrEqual((1 + 1e-5) / 254);
      expect(Math.max(...errors)).toBeGreaterThan(1 / 400);
    }
  });

  it('in int8 have the row’s largest to a float32 rounding, zeros as zeros, and no row of NaN in disguise', () => {
    expect(roundTrip('int8', Float32Array.of(-5, 2.5, 0), 3)[0]).toBeCloseTo(-5, 6);
    expect([...roundTrip('int8', new Float32Array(4), 2)]).toEqual([0, 0, 0, 0]);
    expect([...roundTrip('int8', Float32Array.of(1e-43, -1.4e-36), 2)]).toEqual([0, 0]);
    expect(roundTrip('int8', Float32Array.of(2e-36, 1e-36), 2)[1]).toBeCloseTo(1e-36, 37);
    const bad = [Number.NaN, Infinity, -Infinity].map((x) => [
      ...roundTrip('int8', Float32Array.of(1, x), 2),
    ]);
    expect(bad.flat().every(Number.isNaN)).toBe(true);
  });

  it.each(FORMS)('as %s: some rows are written, the others stay to the bit', (form) => {
    const bytes = empty(form, ROWS, WIDTH);
    packRows(form, values(ROWS, WIDTH), WIDTH, bytes);
    const before = bytes.slice();
    const rows = Int32Array.of(0, 3, 10);
    packRows(form, values(3, WIDTH).fill(0.25), WIDTH, bytes, rows);
    const perRow = bytes.length / ROWS;
    for (let row = 0; row < ROWS; row++) {
      const same =
        bytes.subarray(row * perRow, (row + 1) * perRow).join() ===
        before.subarray(row * perRow, (row + 1) * perRow).join();
      expect(same).toBe(!rows.includes(row));
    }
    const read = new Float32Array(2 * WIDTH);
    unpackRows(form, bytes, WIDTH, read, Int32Array.of(3, 4));
    expect(read[0]).toBeCloseTo(0.25, 6);
    const whole = new Float32Array(ROWS * WIDTH);
    unpackRows(form, bytes, WIDTH, whole);
    expect([...read]).toEqual([...whole.subarray(3 * WIDTH, 5 * WIDTH)]);
  });

  it.each(FORMS)('as %s: refuse buffers and rows that do not fit', (form) => {
    const [a, bytes] = [values(2, 4), empty(form, 2, 4)];
    expect(() => packRows(form, a, 4, empty(form, 3, 4))).toThrow('shapes do not go together');
    expect(() => packRows(form, a, 4, bytes.subarray(1))).toThrow('shapes do not go together');
    expect(() => packRows(form, a, 4, bytes, Int32Array.of(0, 2))).toThrow('not a subset');
    expect(() => unpackRows(form, bytes, 4, new Float32Array(4))).toThrow('shapes do not go together');
  });
});
