import { expect, test } from 'vitest';
import { computedAt, neverComputed, oldest } from './row-steps.js';

const all = { video: 'all', audio: 'all' } as const;
const rows = (video: number[], audio: number[]) => ({
  video: Int32Array.from(video),
  audio: Int32Array.from(audio),
});
const first = computedAt(neverComputed({ video: 3, audio: 2 }), all, 2);

test('nothing is known of a row that was never computed', () => {
  const some = computedAt(neverComputed({ video: 3, audio: 2 }), rows([0, 2], [1]), 4);
  expect(oldest(some, rows([0, 2], [1]), 6)).toBe(2);
  expect(oldest(some, rows([1], [1]), 6)).toBeUndefined();
  expect(oldest(some, all, 6)).toBeUndefined();
});

test('the row that waits longest counts, in any stream', () => {
  const later = computedAt(first, rows([0, 1], []), 5);
  expect(oldest(later, all, 6)).toBe(4);
  expect(oldest(later, rows([0, 1], []), 6)).toBe(1);
  expect(oldest(computedAt(later, all, 6), all, 6)).toBe(0);
});

test('what was known before stays as it was', () => {
  computedAt(first, rows([0], [0]), 9);
  expect(first).toEqual({ video: [2, 2, 2], audio: [2, 2] });
});
