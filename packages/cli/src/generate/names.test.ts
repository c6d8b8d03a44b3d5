import { expect, test } from 'vitest';
import { numbered, slugOf } from './names.js';

test.each([
  ['A red circle, moves!', 'a-red-circle-moves'],
  ['../../etc/passwd', 'etc-passwd'],
  ['  ', 'video'],
  ['Ein grüner Kreis № 5', 'ein-grüner-kreis-5'],
  [`${'word '.repeat(40)}`, Array(16).fill('word').join('-')],
  ['x'.repeat(200), 'x'.repeat(80)],
  ['字'.repeat(80), '字'.repeat(26)],
  [`${'𠀀'.repeat(19)} 𠀀𠀀`, '𠀀'.repeat(19)],
  [`x${'𠀀'.repeat(40)}`, `x${'𠀀'.repeat(19)}`],
])('makes a file name of %j', (text, slug) => {
  expect(slugOf(text)).toBe(slug);
});

test.each([
  ['clip.mp4', 'clip-2.mp4'],
  ['a.b/clip.tar.png', 'a.b/clip.tar-2.png'],
  ['frames/', 'frames-2/'],
  ['a.b/frames', 'a.b/frames-2'],
  ['./.hidden', './.hidden-2'],
])('numbers %s', (path, second) => {
  expect(numbered(path, 1, 3)).toBe(second);
  expect(numbered(path, 0, 1)).toBe(path);
});
