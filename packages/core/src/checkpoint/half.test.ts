import { expect, test } from 'vitest';
import {
  fromBfloat16,
  fromFloat16,
  narrowBfloat16,
  narrowFloat16,
  toBfloat16,
  toFloat16,
  widenBfloat16,
  widenFloat16,
} from './half.js';

const ALL = Uint16Array.from({ length: 65536 }, (_, bits) => bits);

/** What float16 bits mean, by the definition. */
function float16ByDefinition(bits: number): number {
  const sign = bits >= 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * (fraction / 1024) * 2 ** -14;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function bfloat16ByDefinition(bits: number): number {
  const sign = bits >= 0x8000 ? -1 : 1;
  const exponent = (bits >> 7) & 255;
  const fraction = bits & 127;
  if (exponent === 255) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * (fraction / 128) * 2 ** -126;
  return sign * (1 + fraction / 128) * 2 ** (exponent - 127);
}

/** Numbers around the midpoint of two neighbours: below it, at it, above it, each exact in float32. */
function aroundMidpoint(low: number, high: number): readonly [number, number, number] {
  const middle = (low + high) / 2;
  const word = new Uint32Array([0]);
  const float = new Float32Array(word.buffer);
  float[0] = middle;
  const bits = word[0] ?? 0;
  word[0] = bits - 1;
  const below = float[0];
  word[0] = bits + 1;
  return [below, middle, float[0]];
}

test.each([
  ['float16', fromFloat16, float16ByDefinition],
  ['bfloat16', fromBfloat16, bfloat16ByDefinition],
])('%s widens all 65536 values as defined', (_, widen, definition) => {
  const wrong = Array.from(ALL).filter((bits) => !Object.is(widen(bits), definition(bits)));
  expect(wrong).toEqual([]);
});

test.each([
  ['float16', fromFloat16, toFloat16, 0x7c00],
  ['bfloat16', fromBfloat16, toBfloat16, 0x7f80],
])('%s narrows back all values that are numbers', (_, widen, narrow, infinity) => {
  const numbers = Array.from(ALL).filter((bits) => (bits & 0x7fff) <= infinity);
  expect(numbers.filter((bits) => narrow(widen(bits)) !== bits)).toEqual([]);
});

test.each([
  ['float16', fromFloat16, toFloat16, 0x7c00],
  ['bfloat16', fromBfloat16, toBfloat16, 0x7f80],
])('%s rounds to nearest and ties to even between all neighbours', (_, widen, narrow, infinity) => {
  const wrong: number[] = [];
  for (let bits = 0; bits < infinity - 1; bits++) {
    const [below, middle, above] = aroundMidpoint(widen(bits), widen(bits + 1));
    const even = bits % 2 === 0 ? bits : bits + 1;
    if (narrow(below) !== bits || narrow(middle) !== even || narrow(above) !== bits + 1) wrong.push(bits);
    if (narrow(-below) !== (bits | 0x8000) || narrow(-middle) !== (even | 0x8000)) wrong.push(-bits);
  }
  expect(wrong).toEqual([]);
});

test('float16 overflows to infinity from 65520 on', () => {
  expect(toFloat16(65519.996)).toBe(0x7bff);
  expect(toFloat16(65520)).toBe(0x7c00);
  expect(toFloat16(-1e30)).toBe(0xfc00);
  expect(toFloat16(Number.POSITIVE_INFINITY)).toBe(0x7c00);
});

test('bfloat16 overflows to infinity past its largest value', () => {
  expect(toBfloat16(3.4028234663852886e38)).toBe(0x7f80);
  expect(toBfloat16(Number.NEGATIVE_INFINITY)).toBe(0xff80);
});

test('values below half the smallest float16 become zeros of their sign', () => {
  expect(toFloat16(2 ** -25)).toBe(0);
  expect(toFloat16(-(2 ** -26))).toBe(0x8000);
  expect(toFloat16(2 ** -25 * 1.0001)).toBe(1);
  expect(toFloat16(1e-45)).toBe(0);
});

test('NaN stays NaN', () => {
  expect(fromFloat16(toFloat16(Number.NaN))).toBeNaN();
  expect(fromBfloat16(toBfloat16(Number.NaN))).toBeNaN();
  const nans = Array.from(ALL).filter((bits) => (bits & 0x7fff) > 0x7f80);
  expect(nans.filter((bits) => !Number.isNaN(fromBfloat16(toBfloat16(fromBfloat16(bits)))))).toEqual([]);
});

test('arrays convert like their elements', () => {
  expect(widenFloat16(ALL)).toEqual(Float32Array.from(ALL, fromFloat16));
  expect(widenBfloat16(ALL)).toEqual(Float32Array.from(ALL, fromBfloat16));
  const values = Float32Array.from({ length: 1000 }, (_, i) => (i - 500) * 1.2345);
  expect(narrowFloat16(values)).toEqual(Uint16Array.from(values, toFloat16));
  expect(narrowBfloat16(values)).toEqual(Uint16Array.from(values, toBfloat16));
});
