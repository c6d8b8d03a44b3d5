import type { TokenStorage } from '../spec/token-cache.js';
import { assertRows } from './rows.js';
import { assertSameLength, shapeFault } from './shape.js';

/*
 * Kernel card: pack, unpack — rows of a token cache in fewer bytes
 *   pack      out[rows[j]] = form(a[j])         float32 [A, D], int32 [A] or all → uint8 [N, R]
 *   unpack    out[j] = value(a[rows[j]])        uint8 [N, R], int32 [A] or all → float32 [A, D]
 *   bfloat16  R = D·2: the upper half of the float32, rounded to nearest, ties to even
 *             |read − x| ≤ 2⁻⁸·|x|; above 3.39e38 it becomes infinity; NaN stays NaN
 *   int8      R = D + 4: q = round(x / scale), then scale = max|row| / 127 as float32 at the row's end
 *             |read − x| ≤ max|row| / 254, and one part in 2²³ of x; q is rounded to even
 *             a row below 1.5e-36 reads as zeros; one with NaN or infinity as NaN, never as something finite
 *   arithmetic of int8 is float64, rounded once into q and once into the float32 that is read
 *   moves     4·A·D bytes and A·R; bound by memory; no allocation an element
 *   other rows of `out` stay as they are, to the bit
 *   checked by packed-rows.test.ts
 */

/** How rows are stored where it is not as float32. */
export type PackedForm = Exclude<TokenStorage, 'float32'>;

/** Shape of the bytes of `rows` rows of `width` values; the two forms cannot be taken for each other. */
export const packedShape = (form: PackedForm, rows: number, width: number): readonly number[] =>
  form === 'bfloat16' ? [rows, width, 2] : [rows, width + SCALE_BYTES];

/** D: values in a row of bytes of this shape. */
export const packedWidth = (form: PackedForm, shape: readonly number[]): number =>
  form === 'bfloat16' ? (shape[1] ?? 0) : (shape[1] ?? 0) - SCALE_BYTES;

/** Writes the rows; `rows` left out: all of them. */
export function packRows(
  form: PackedForm,
  a: Float32Array,
  width: number,
  out: Uint8Array,
  rows?: Int32Array,
): void {
  const count = rowsOf('pack', out.length, rowBytes(form, width), rows);
  assertSameLength('pack', count * width, a.length);
  if (form === 'bfloat16') packBfloat16(a, width, count, out, rows);
  else packInt8(a, width, count, out, rows);
}

/** Reads the rows; `rows` left out: all of them. */
export function unpackRows(
  form: PackedForm,
  a: Uint8Array,
  width: number,
  out: Float32Array,
  rows?: Int32Array,
): void {
  const count = rowsOf('unpack', a.length, rowBytes(form, width), rows);
  assertSameLength('unpack', count * width, out.length);
  if (form === 'bfloat16') unpackBfloat16(a, width, count, out, rows);
  else unpackInt8(a, width, count, out, rows);
}

const SCALE_BYTES = 4;
const rowBytes = (form: PackedForm, width: number): number =>
  packedShape(form, 1, width).reduce((a, b) => a * b, 1);
const INFINITE = 0x7f800000;
const QUIET = 0x40;
const SMALLEST_NORMAL = 2 ** -126;
/** Added to a small float64 and taken away again, it leaves the nearest integer, ties to even. */
const ROUNDING = 1.5 * 2 ** 52;

function packBfloat16(a: Float32Array, width: number, count: number, out: Uint8Array, rows?: Int32Array) {
  const bits = new Int32Array(a.buffer, a.byteOffset, a.length);
  const halves = new Uint16Array(out.buffer, out.byteOffset, out.length / 2);
  for (let j = 0; j < count; j++) {
    const [from, to] = [j * width, (rows ? (rows[j] as number) : j) * width];
    for (let i = 0; i < width; i++) {
      const b = bits[from + i] as number;
      const nan = (b & 0x7fffffff) > INFINITE;
      halves[to + i] = nan ? (b >>> 16) | QUIET : ((b + 0x7fff + ((b >>> 16) & 1)) | 0) >>> 16;
    }
  }
}

function unpackBfloat16(a: Uint8Array, width: number, count: number, out: Float32Array, rows?: Int32Array) {
  const bits = new Int32Array(out.buffer, out.byteOffset, out.length);
  const halves = new Uint16Array(a.buffer, a.byteOffset, a.length / 2);
  for (let j = 0; j < count; j++) {
    const [to, from] = [j * width, (rows ? (rows[j] as number) : j) * width];
    for (let i = 0; i < width; i++) bits[to + i] = (halves[from + i] as number) << 16;
  }
}

function packInt8(a: Float32Array, width: number, count: number, out: Uint8Array, rows?: Int32Array) {
  const bits = new Int32Array(a.buffer, a.byteOffset, a.length);
  const codes = new Int8Array(out.buffer, out.byteOffset, out.length);
  const scales = new DataView(out.buffer, out.byteOffset, out.length);
  for (let j = 0; j < count; j++) {
    const [from, to] = [j * width, (rows ? (rows[j] as number) : j) * (width + SCALE_BYTES)];
    const exact = Math.fround(largest(bits, from, from + width) / 127);
    // Below the normal numbers a scale has few digits, and codes could pass 127.
    const scale = exact < SMALLEST_NORMAL ? 0 : exact;
    const perStep = scale > 0 ? 1 / scale : 0;
    for (let i = 0; i < width; i++) {
      codes[to + i] = ((a[from + i] as number) * perStep + ROUNDING - ROUNDING) | 0;
    }
    scales.setFloat32(to + width, scale, true);
  }
}

function unpackInt8(a: Uint8Array, width: number, count: number, out: Float32Array, rows?: Int32Array) {
  const scales = new DataView(a.buffer, a.byteOffset, a.length);
  const codes = new Int8Array(a.buffer, a.byteOffset, a.length);
  for (let j = 0; j < count; j++) {
    const [to, from] = [j * width, (rows ? (rows[j] as number) : j) * (width + SCALE_BYTES)];
    const scale = scales.getFloat32(from + width, true);
    for (let i = 0; i < width; i++) out[to + i] = (codes[from + i] as number) * scale;
  }
}

/** max|x| of a row, from the bits of its float32 values; NaN where one of them is NaN or infinite. */
function largest(bits: Int32Array, from: number, to: number): number {
  let max = 0;
  for (let i = from; i < to; i++) {
    const size = (bits[i] as number) & 0x7fffffff;
    if (size > max) max = size;
  }
  if (max >= INFINITE) return Number.NaN;
  return new Float32Array(Int32Array.of(max).buffer)[0] as number;
}

/** How many rows are moved, after a check that the buffer has whole rows and these among them. */
function rowsOf(kernel: string, length: number, bytes: number, rows: Int32Array | undefined): number {
  const all = length / bytes;
  if (!Number.isInteger(all)) throw shapeFault(kernel, `[${length}] in rows of ${bytes}`, 'whole rows');
  if (rows) assertRows(kernel, rows, all);
  return rows ? rows.length : all;
}
