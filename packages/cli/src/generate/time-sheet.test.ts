import { expect, test } from 'vitest';
import { time, timeSheet, timeTable } from './time-sheet.js';

test('gives every millisecond to one part', () => {
  let now = 0;
  const sheet = timeSheet(() => now);
  sheet.enter('open');
  now = 10;
  sheet.enter('denoise');
  now = 2510;
  sheet.enter('save');
  now = 2530;
  sheet.enter('denoise');
  now = 3530;
  sheet.stop();
  sheet.stop();
  expect([...sheet.ms]).toEqual([
    ['open', 10],
    ['denoise', 3500],
    ['save', 20],
  ]);
  expect(timeTable(sheet, { denoise: '3.40 s inside the runtime' })).toBe(
    [
      '  open          10 ms',
      '  denoise      3.50 s  3.40 s inside the runtime',
      '  save          20 ms',
      '  total        3.53 s',
    ].join('\n'),
  );
});

test.each([
  [0, '0 ms'],
  [999.4, '999 ms'],
  [999.6, '1.00 s'],
  [9_994, '9.99 s'],
  [9_996, '10.0 s'],
  [99_940, '99.9 s'],
  [99_960, '1 min 40 s'],
  [3_599_600, '1 h 0 min'],
  [7_500_000, '2 h 5 min'],
])('says %d ms as %s', (ms, text) => {
  expect(time(ms)).toBe(text);
});
