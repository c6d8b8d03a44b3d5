import { SkipstoneError } from '../error.js';
import { assertSameLength, shapeFault } from './shape.js';

/*
 * Kernel card: gather, scatter
 *   gather   out[j] = a[rows[j]]                          float32 [N, D], int32 [A] → [A, D]
 *   scatter  out = into, but out[rows[j]] = a[j]          float32 [N, D], int32 [A], [A, D] → [N, D]
 *   rows     ascending, without repeats, within [0, N)
 *   moves    8·A·D bytes (gather), 8·(N + A)·D (scatter); bound by memory
 *   `out` of scatter may be `into` itself: then the rows are replaced in place
 *   checked by rows.test.ts
 */

/** `width`: D, the values in a row. */
export function gather(a: Float32Array, width: number, rows: Int32Array, out: Float32Array): void {
  assertRows('gather', rows, rowCount('gather', a, width));
  assertSameLength('gather', rows.length * width, out.length);
  for (let j = 0; j < rows.length; j++) {
    const from = (rows[j] as number) * width;
    out.set(a.subarray(from, from + width), j * width);
  }
}

export function scatter(
  into: Float32Array,
  width: number,
  rows: Int32Array,
  a: Float32Array,
  out: Float32Array,
): void {
  assertRows('scatter', rows, rowCount('scatter', into, width));
  assertSameLength('scatter', rows.length * width, a.length);
  assertSameLength('scatter', into.length, out.length);
  if (out !== into) out.set(into);
  for (let j = 0; j < rows.length; j++) {
    out.set(a.subarray(j * width, (j + 1) * width), (rows[j] as number) * width);
  }
}

function rowCount(kernel: string, a: Float32Array, width: number): number {
  const count = a.length / width;
  if (Number.isInteger(count) && width >= 1) return count;
  throw shapeFault(kernel, `[${a.length}] in rows of ${width}`, 'whole rows');
}

/** Rows as the contract has them; `count`: N. */
export function assertRows(kernel: string, rows: Int32Array, count: number): void {
  let last = -1;
  for (let j = 0; j < rows.length; j++) {
    const row = rows[j] as number;
    if (row <= last || row >= count) throw rowFault(kernel, row, last, count);
    last = row;
  }
}

function rowFault(kernel: string, row: number, last: number, count: number): SkipstoneError {
  return new SkipstoneError({
    code: 'kernel-rows',
    what: `${kernel}: the rows are not a subset of the tensor's`,
    have: last < 0 ? `row ${row} first` : `row ${row} after row ${last}`,
    need: `rows from 0 to ${count - 1}, ascending, without repeats`,
    do: 'sort the rows and drop repeats',
  });
}
