import { PassThrough } from 'node:stream';
import type { WriteStream } from 'node:tty';
import { expect, test } from 'vitest';
import { progress } from './progress.js';

/** A stream that keeps what is written, with the two properties of a terminal that are read. */
function stream(isTTY: boolean, columns = 80): NodeJS.WriteStream & { text(): string } {
  const kept: string[] = [];
  const through = new PassThrough();
  through.on('data', (piece: Buffer) => kept.push(piece.toString()));
  const more = { isTTY, columns, text: () => kept.join('') };
  return Object.assign(through, more) as unknown as WriteStream & { text(): string };
}

/** What a terminal shows in the end of carriage returns and erased lines. */
function screen(text: string): string {
  return text
    .split('\n')
    .map((line) => line.split('\r').at(-1)?.replaceAll('\u001b[K', '') ?? '')
    .join('\n');
}

test('draws a bar with the time left, keeps notes, and goes away', () => {
  const out = stream(true);
  const shown = progress(out, 'denoise  ');
  shown.begin(4, 0);
  expect(screen(out.text())).toBe(`denoise  ${'░'.repeat(30)} 0/4  first step, 0 ms`);
  shown.step(2, 500, 60_000);
  expect(screen(out.text())).toMatch(/^denoise {2}█{15}░{15} 2\/4 {2}500 ms a step, 60\.0 s left$/);
  shown.note('note: something');
  shown.step(4, 500, 0);
  shown.end();
  expect(screen(out.text())).toBe('note: something\n');
});

test('never wraps in a narrow terminal', () => {
  const out = stream(true, 40);
  const shown = progress(out, 'denoise  ');
  shown.begin(4, 0);
  expect(screen(out.text()).length).toBeLessThan(40);
  shown.end();
});

test('writes a line for every tenth where there is no terminal', () => {
  const out = stream(false);
  const shown = progress(out, '');
  shown.begin(30, 0);
  for (let done = 1; done <= 30; done++) shown.step(done, 100, 100 * (30 - done));
  shown.note('note: something');
  shown.end();
  const written = out.text().trim().split('\n');
  expect(written).toHaveLength(11);
  expect(written[0]).toBe('step 3 of 30, 100 ms a step, 2.70 s left');
  expect(out.text()).not.toContain('\u001b');
});

test('says where a resumed run begins', () => {
  const out = stream(false);
  progress(out, '').begin(30, 7);
  expect(out.text()).toBe('going on after step 7 of 30\n');
});
