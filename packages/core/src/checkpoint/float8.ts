import type { Dtype } from './dtype.js';
import { fromFloat16 } from './half.js';

/** 8-bit floats, as safetensors names them. */
export type Float8 = Extract<Dtype, `F8_${string}`>;

export const isFloat8 = (dtype: Dtype): dtype is Float8 => dtype.startsWith('F8_');

/**
 * The number that 8 bits stand for. E4M3: 1 sign, 4 exponent (bias 7), 3 fraction; no infinity, and a NaN of either
 * sign (PyTorch's `float8_e4m3fn`). E5M2: the upper half of a float16. Source: OCP 8-bit floating point specification
 * (OFP8) 1.0, §5.
 */
export function fromFloat8(dtype: Float8, code: number): number {
  if (dtype === 'F8_E5M2') return fromFloat16(code << 8);
  const sign = code & 0x80 ? -1 : 1;
  const exponent = (code >> 3) & 0xf;
  const fraction = code & 0x7;
  if (exponent === 15 && fraction === 7) return Number.NaN;
  // Subnormals count in units of 2^-9.
  if (exponent === 0) return sign * fraction * 2 ** -9;
  return sign * (1 + fraction / 8) * 2 ** (exponent - 7);
}

/** float32 values of 8-bit floats, element by element. Exact. */
export function widenFloat8(dtype: Float8, codes: Uint8Array): Float32Array<ArrayBuffer> {
  const table = Float32Array.from({ length: 256 }, (_, code) => fromFloat8(dtype, code));
  const out = new Float32Array(codes.length);
  for (let i = 0; i < codes.length; i++) out[i] = table[codes[i] as number] as number;
  return out;
}
