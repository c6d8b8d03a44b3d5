import { mean } from 'simple-statistics';
import { expect, test } from 'vitest';
import { bootstrap } from './bootstrap.js';

const average = (values: readonly number[]): number => mean([...values]);

test('an interval of a mean is near the normal one: mean ± 1.96·s/√n', () => {
  const values = Array.from({ length: 100 }, (_, i) => i);
  const { value, low, high } = bootstrap(values, average);
  expect(value).toBe(49.5);
  const half = (1.96 * Math.sqrt((100 ** 2 - 1) / 12)) / 10;
  expect(low).toBeCloseTo(49.5 - half, -0.3);
  expect(high).toBeCloseTo(49.5 + half, -0.3);
});

test('the same seed gives the same interval, another seed another one', () => {
  const values = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5.5];
  const again = (seed: number) => bootstrap(values, average, { seed, draws: 200 });
  expect(again(1)).toEqual(again(1));
  expect(again(1)).not.toEqual(again(2));
});

test('a narrower level lies inside a wider one', () => {
  const values = [3, 1, 4, 1, 5, 9, 2, 6];
  const [wide, narrow] = [bootstrap(values, average), bootstrap(values, average, { level: 0.5 })];
  expect(narrow.low).toBeGreaterThan(wide.low);
  expect(narrow.high).toBeLessThan(wide.high);
});

test('one unit has no spread, none has no value', () => {
  expect(bootstrap([7], average)).toEqual({ value: 7, low: 7, high: 7 });
  expect(bootstrap([], (units) => (units.length === 0 ? Number.NaN : 0)).low).toBeNaN();
});
