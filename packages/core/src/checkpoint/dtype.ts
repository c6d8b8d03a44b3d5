/**
 * The element types of a safetensors file that Skipstone understands, with their size in bytes.
 * Source: the safetensors format's `Dtype`; unsigned 16 to 64 bit, complex types and floats below 8 bits are left out.
 */
export const DTYPE_BYTES = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  U8: 1,
  BOOL: 1,
} as const;

export type Dtype = keyof typeof DTYPE_BYTES;

export function isDtype(name: unknown): name is Dtype {
  return typeof name === 'string' && Object.hasOwn(DTYPE_BYTES, name);
}
