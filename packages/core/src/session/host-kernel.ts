import { scaledAdd } from '../kernel/elementwise.js';
import type { PackKernelName } from '../kernel/name.js';
import { type PackedForm, packedWidth, packRows, unpackRows } from '../kernel/packed-rows.js';
import { dot, eachRow, mean, norm1, norm2, relativeL1, std } from '../kernel/reduce.js';
import { gather, scatter } from '../kernel/rows.js';
import type { HostTensor } from '../spec/tensor.js';
import type { KernelRequest } from './protocol.js';

type Operand = { readonly shape: readonly number[]; readonly data: HostTensor['data'] };

/** Runs a kernel's float64 reference on host arrays; a number for reductions, else `out` is filled. */
export function hostKernel(
  request: KernelRequest,
  inputs: readonly Operand[],
  out: Float32Array | Uint8Array | undefined,
): number | null {
  const floats = (i: number): Float32Array => asFloats(inputs[i], request.name);
  const target = out instanceof Float32Array ? out : EMPTY;
  switch (request.name) {
    case 'relativeL1':
      return relativeL1(floats(0), floats(1));
    case 'norm1':
      return norm1(floats(0));
    case 'norm2':
      return norm2(floats(0));
    case 'dot':
      return dot(floats(0), floats(1));
    case 'rowNorm1':
      eachRow(rowWidth(inputs[0]), target, (from, to) => norm1(floats(0), from, to));
      return null;
    case 'rowNorm2':
      eachRow(rowWidth(inputs[0]), target, (from, to) => norm2(floats(0), from, to));
      return null;
    case 'rowDot':
      eachRow(rowWidth(inputs[0]), target, (from, to) => dot(floats(0), floats(1), from, to));
      return null;
    case 'mean':
      return mean(floats(0));
    case 'std':
      return std(floats(0));
    case 'scaledAdd':
      scaledAdd(
        request.scales,
        inputs.map((_, i) => floats(i)),
        target,
      );
      return null;
    case 'gather':
      gather(floats(0), rowWidth(inputs[0]), asRows(inputs[1]), target);
      return null;
    case 'scatter':
      scatter(floats(0), rowWidth(inputs[0]), asRows(inputs[1]), floats(2), target);
      return null;
    case 'pack.bfloat16':
    case 'pack.int8':
      packRows(formOf(request.name), floats(0), rowWidth(inputs[0]), asBytes(out), someRows(inputs[1]));
      return null;
    case 'unpack.bfloat16':
    case 'unpack.int8': {
      const form = formOf(request.name);
      const width = packedWidth(form, inputs[0]?.shape ?? []);
      unpackRows(form, asBytes(inputs[0]?.data), width, target, someRows(inputs[1]));
      return null;
    }
  }
}

const EMPTY = new Float32Array(0);

const rowWidth = (operand: Operand | undefined): number =>
  (operand?.shape ?? []).slice(1).reduce((a, b) => a * b, 1);

function asFloats(operand: Operand | undefined, kernel: string): Float32Array {
  if (operand?.data instanceof Float32Array) return operand.data;
  throw new TypeError(`${kernel} works on float32, not on ${operand?.data.constructor.name}`);
}

const formOf = (name: PackKernelName): PackedForm => (name.endsWith('int8') ? 'int8' : 'bfloat16');

function asBytes(data: HostTensor['data'] | undefined): Uint8Array {
  if (data instanceof Uint8Array) return data;
  throw new TypeError(`packed rows are bytes, not ${data?.constructor.name}`);
}

/** Left out: all rows. */
const someRows = (operand: Operand | undefined): Int32Array | undefined => operand && asRows(operand);

function asRows(operand: Operand | undefined): Int32Array {
  if (operand?.data instanceof BigInt64Array) return Int32Array.from(operand.data, Number);
  throw new TypeError('row ids are int64');
}
