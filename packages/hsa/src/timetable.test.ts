import { expect, test } from 'vitest';
import { activeSteps, timetable } from './timetable.js';
import { earlySteps, lateSteps } from './window.js';

const base = { steps: 12, from: 0, to: 12, strides: [1, 4, 6], early: 2, late: 1 };

test('a group is active at steps its stride divides, and in both windows', () => {
  const table = timetable(base);
  const stepsOf = (group: number) =>
    Array.from({ length: 12 }, (_, i) => i).filter((i) => table.due(i)[group]);
  expect(stepsOf(1)).toEqual([0, 1, 4, 8, 11]);
  expect(stepsOf(2)).toEqual([0, 1, 6, 11]);
  expect(activeSteps(table, 12, 3)).toEqual([12, 5, 4]);
});

test.each([
  ['the next step its stride divides', 1, 1, 4],
  ['a step of the late window', 2, 6, 11],
  ['the end', 2, 11, 12],
])('the next active step is %s', (_, group, step, next) => {
  expect(timetable(base).next(step, group)).toBe(next);
});

test('all groups meet where a phase begins, and where the next one does', () => {
  const table = timetable({ ...base, early: 0, from: 3, to: 7 });
  expect(table.due(3)).toEqual([true, true, true]);
  expect(table.next(4, 1)).toBe(7);
  expect(table.next(6, 2)).toBe(7);
});

test('all groups meet at refreshes', () => {
  const table = timetable({ ...base, refreshEvery: 5 });
  expect(table.due(5)).toEqual([true, true, true]);
  expect(table.next(1, 2)).toBe(5);
});

test.each([
  [{ steps: 3 }, 3, 3],
  [{ steps: 30 }, 10, 10],
  [{ fraction: 0.25 }, 3, 3],
  [{ sigma: 0.75 }, 3, 7],
] as const)('a window of %j is %i early or %i late steps of ten', (window, early, late) => {
  const sigmas = Array.from({ length: 11 }, (_, i) => 1 - i / 10);
  expect([earlySteps(window, sigmas), lateSteps(window, sigmas)]).toEqual([early, late]);
});
