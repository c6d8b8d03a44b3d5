import { expect, it } from 'vitest';
import type { Outcome } from './row.js';
import { tableHead, tableLine, verdictOf } from './table.js';

const share: Outcome = {
  what: 'products: alone, over a forward',
  unit: 'share',
  reach: { least: 0.88 },
  samples: [0.9, 0.91, 0.85],
};

it('shows the median, the range and the verdict, and a note below', () => {
  const lines = [tableHead(), tableLine({ ...share, note: '37 products' })].join('\n').split('\n');
  expect(lines.map((line) => line.replace(/ {2,}/g, ' | '))).toEqual([
    'what | reach | measured | min–max | verdict',
    '─'.repeat(110),
    'products: alone, over a forward | ≥ 0.88 | 0.900 | 0.850–0.910 | reached',
    ' | 37 products',
  ]);
});

it('keeps within 110 columns', () => {
  const long: Outcome = { ...share, what: 'x'.repeat(58), unit: 'GB', reach: { below: 1.5 } };
  expect(tableLine(long).length).toBeLessThanOrEqual(110);
});

it.each<[string, Partial<Outcome>]>([
  ['reached', {}],
  ['reached', { reach: { most: 0.9 } }],
  ['missed', { reach: { least: 0.901 } }],
  ['missed', { reach: { below: 0.9 } }],
  ['missed', { failed: true }],
  ['not measured', { samples: [] }],
])('says %s of %o', (verdict, change) => {
  expect(verdictOf({ ...share, ...change })).toBe(verdict);
});

it('only reports what has nothing to reach', () => {
  const { reach, ...plain } = share;
  expect(verdictOf(plain)).toBe('reported');
});
