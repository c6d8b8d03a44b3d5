/**
 * float16 and bfloat16 as their 16 bits, to and from float32. Widening is exact; narrowing rounds to
 * nearest, ties to even, overflows to infinity and keeps a NaN a (quiet) NaN.
 * Source: IEEE 754-2019 §3.4 and §4.3.1. Node 20 has no Float16Array.
 */
const word = new Uint32Array(1);
const float = new Float32Array(word.buffer);

/** The number that 16 bits of float16 stand for: 1 sign, 5 exponent (bias 15), 10 fraction. */
export function fromFloat16(bits: number): number {
  const sign = (bits & 0x8000) << 16;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  // Subnormals count in units of 2^-24, which float32 holds as normal numbers.
  if (exponent === 0) return (sign === 0 ? 1 : -1) * fraction * 2 ** -24;
  // Float32's bias is 127: 112 more. All ones stays all ones.
  word[0] = sign | ((exponent === 31 ? 255 : exponent + 112) << 23) | (fraction << 13);
  return float[0] as number;
}

/** The float16 bits nearest to a float32 number. */
export function toFloat16(value: number): number {
  float[0] = value;
  const bits = word[0] as number;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00; // NaN
  if (magnitude >= 0x47800000) return sign | 0x7c00; // 2^16 and above: infinity
  if (magnitude < 0x38800000) return sign | subnormal16(magnitude); // below 2^-14
  // Drop 13 bits and rebias by −112; a carry out of the fraction raises the exponent, up to infinity.
  return sign | (roundedShift(magnitude, 13) - (112 << 10));
}

/** Float32 bits below 2^-14 as a count of 2^-24, rounded. */
function subnormal16(magnitude: number): number {
  const exponent = magnitude >>> 23;
  // Anything below 2^-26 is less than half of 2^-24. A float32 subnormal is far below.
  if (exponent < 101) return 0;
  return roundedShift((magnitude & 0x7fffff) | 0x800000, 126 - exponent);
}

/** bits / 2^by, to nearest, ties to even. `by` from 1 to 31. */
function roundedShift(bits: number, by: number): number {
  const kept = bits >>> by;
  const rest = bits & ((1 << by) - 1);
  const half = 1 << (by - 1);
  return rest > half || (rest === half && (kept & 1) === 1) ? kept + 1 : kept;
}

/** bfloat16 is the upper half of a float32. */
export function fromBfloat16(bits: number): number {
  word[0] = bits << 16;
  return float[0] as number;
}

export function toBfloat16(value: number): number {
  float[0] = value;
  const bits = word[0] as number;
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 0x40; // NaN, made quiet
  return roundedShift(bits, 16);
}

/** float32 values of float16 bits, element by element. */
export function widenFloat16(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const out = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) out[i] = fromFloat16(bits[i] as number);
  return out;
}

export function narrowFloat16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const out = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) out[i] = toFloat16(values[i] as number);
  return out;
}

export function widenBfloat16(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const out = new Float32Array(bits.length);
  const words = new Uint32Array(out.buffer);
  for (let i = 0; i < bits.length; i++) words[i] = (bits[i] as number) << 16;
  return out;
}

export function narrowBfloat16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const out = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) out[i] = toBfloat16(values[i] as number);
  return out;
}
