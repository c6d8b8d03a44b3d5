import { expect, test } from 'vitest';
import { type Velocities, velocityError } from './velocities.js';

const of = (...steps: readonly (readonly number[])[]): Velocities =>
  new Map(
    steps.map((data, i) => [
      i,
      { video: { type: 'float32' as const, shape: [data.length, 1], data: Float32Array.from(data) } },
    ]),
  );

test('the error of velocities is told where they first differ, and on the mean from there on', () => {
  const [got, want] = [of([1, 2], [3, 4], [4, 4]), of([1, 2], [2, 4], [4, 2])];
  expect(velocityError(got, want)).toEqual({ step: 1, first: 0.25, mean: 0.375 });
});

test('velocities that never differ have none', () => {
  expect(velocityError(of([1], [2]), of([1], [2]))).toEqual({ step: undefined, first: 0, mean: 0 });
});

test('a step that is missing is an error that no bound lets through', () => {
  expect(velocityError(of([1]), of([1], [2])).first).toBeNaN();
});
