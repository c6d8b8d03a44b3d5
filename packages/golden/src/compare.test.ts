import { describe, expect, test } from 'vitest';
import { compare, isMiss } from './compare.js';

const of = (...data: number[]) => ({ shape: [data.length], data });

describe('compare', () => {
  test.each([
    ['equal values', of(1, -2), of(1, -2), 0],
    ['max|a − b| / max|b|', of(1, -2.5), of(1, -2), 0.25],
    ['all zeros', of(0, 0), of(0, 0), 0],
    ['something where zeros belong', of(0, 1e-30), of(0, 0), Number.POSITIVE_INFINITY],
    ['a NaN of ours', of(1, Number.NaN), of(1, 2), Number.NaN],
    ['a NaN of the reference', of(1, 2), of(1, Number.NaN), Number.NaN],
    ['infinity on both sides', of(Number.POSITIVE_INFINITY), of(Number.POSITIVE_INFINITY), Number.NaN],
    ['nothing at all', of(), of(), 0],
  ])('%s', (_, got, want, error) => {
    expect(compare('x', got, want).error).toBe(error);
  });

  test('what is missing, or has another shape, is infinitely wrong and says why', () => {
    const infinite = { name: 'x', shape: [2], error: Number.POSITIVE_INFINITY };
    expect(compare('x', of(1, 2), undefined)).toEqual({ ...infinite, note: 'not in io.safetensors' });
    expect(compare('x', undefined, of(1, 2))).toEqual({ ...infinite, note: 'not computed' });
    expect(compare('x', { shape: [1, 2], data: [1, 2] }, of(1, 2))).toEqual({
      ...infinite,
      note: 'ours has the shape [1, 2]',
    });
    expect(compare('x', of(Number.NaN), of(1)).note).toBe('not a number');
  });

  test('fewer values than the shape says are not a number', () => {
    expect(compare('x', { shape: [2], data: [1] }, of(1, 2)).error).toBeNaN();
  });
});

describe('a miss', () => {
  test.each([
    ['within the tolerance', { error: 1e-4 }, false],
    ['above it', { error: 1.01e-4 }, true],
    ['NaN', { error: Number.NaN }, true],
    ['infinite', { error: Number.POSITIVE_INFINITY }, true],
    ['a flag that differs by less than the tolerance', { error: 1e-5, limit: 0 }, true],
    ['a flag that is equal', { error: 0, limit: 0 }, false],
  ])('%s', (_, checked, miss) => {
    expect(isMiss({ name: 'x', shape: [], ...checked }, 1e-4)).toBe(miss);
  });
});
