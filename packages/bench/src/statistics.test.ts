import { expect, it } from 'vitest';
import { interleave, median, ratios } from './statistics.js';

it.each([
  [[3, 1, 2], 2],
  [[4, 1, 3, 2], 2.5],
  [[7], 7],
])('takes the middle of %o', (values, middle) => {
  expect(median(values)).toBe(middle);
});

it('has no median of nothing', () => {
  expect(median([])).toBeNaN();
});

it('divides round by round, so that a slow round falls out', () => {
  expect(ratios([10, 90], [20, 180])).toEqual([0.5, 0.5]);
});

it('measures in turn and leaves warm-up rounds out', async () => {
  const order: string[] = [];
  let count = 0;
  const part = (name: string) => async () => {
    order.push(name);
    return count++;
  };
  const values = await interleave({ a: part('a'), b: part('b') }, { repeats: 2, warmUp: 1 });
  expect(order.join('')).toBe('ababab');
  expect(values).toEqual({ a: [2, 4], b: [3, 5] });
});
