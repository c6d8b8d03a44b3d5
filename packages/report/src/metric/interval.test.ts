import { expect, test } from 'vitest';
import { interval, intervalOf } from './interval.js';

const VALUES = [31.2, 33.9, 30.1, 36.4, 34.8, 32.2, 35.5, 29.7, 33.3, 34.1];

test('the same values and seed give the same interval, another seed nearly the same', () => {
  const first = interval(VALUES, { seed: 3 });
  expect(interval(VALUES, { seed: 3 })).toEqual(first);
  const other = interval(VALUES, { seed: 4 });
  expect(other).not.toEqual(first);
  expect(Math.abs(other.low - first.low)).toBeLessThan(0.2);
});

test('it is near the normal interval of the mean', () => {
  const { mean, low, high } = interval(VALUES);
  const deviation = Math.sqrt(VALUES.reduce((sum, v) => sum + (v - mean) ** 2, 0) / VALUES.length);
  const half = (1.96 * deviation) / Math.sqrt(VALUES.length);
  expect(mean).toBeCloseTo(33.12, 12);
  expect(Math.abs(mean - half - low)).toBeLessThan(0.25);
  expect(Math.abs(mean + half - high)).toBeLessThan(0.25);
});

test('a lower level is narrower, one value is its own interval', () => {
  const [wide, narrow] = [interval(VALUES), interval(VALUES, { level: 0.5 })];
  expect(narrow.high - narrow.low).toBeLessThan(wide.high - wide.low);
  expect(interval([7])).toEqual({ mean: 7, low: 7, high: 7 });
});

test('takes any statistic of a sample', () => {
  const largest = (sample: readonly { readonly x: number }[]) => Math.max(...sample.map(({ x }) => x));
  expect(intervalOf(largest, [{ x: 1 }, { x: 5 }])).toEqual({ mean: 5, low: 1, high: 5 });
});

test.each([[[]], [[1, Number.POSITIVE_INFINITY]], [[Number.NaN]]])('refuses %j', (values) => {
  expect(() => interval(values)).toThrow('interval: these values have no mean');
});
