import { expect, it } from 'vitest';
import { formatOf } from './format-of.js';

it.each([
  ['clip.mp4', 'mp4'],
  ['a.b/clip.MP4', 'mp4'],
  ['clip.gif', 'gif'],
  ['clip.v2.png', 'png'],
  ['clip', 'folder'],
  ['clip/', 'folder'],
  ['clip.v2/', 'folder'],
] as const)('reads %s as %s', (path, format) => {
  expect(formatOf(path)).toBe(format);
});

it('names the known endings where the ending is unknown', () => {
  expect(() => formatOf('out/clip.mpg')).toThrow(/'\.mpg'.*\.mp4, \.gif, \.png.*out\/clip\.mp4/s);
});

it('does not take an empty path', () => {
  expect(() => formatOf(' ')).toThrow('has no name');
});

it.each([['.mp4'], ['out/.GIF'], ['.png']])('does not take %s, an ending alone, for a folder', (path) => {
  expect(() => formatOf(path)).toThrow('an ending without a name');
  expect(formatOf(`${path}/`)).toBe('folder');
});
