import { expect, it } from 'vitest';
import type { Format } from './format-of.js';
import { checkOptions, type WriteOptions } from './write-options.js';

it.each<[WriteOptions, Format]>([
  [{}, 'mp4'],
  [{ scale: 4, quantisation: 20 }, 'mp4'],
  [{ gapPixels: 0 }, 'png'],
])('takes %o for %s', (options, format) => {
  expect(() => checkOptions(options, format)).not.toThrow();
});

it.each<[WriteOptions, Format, string]>([
  [{ scale: 0 }, 'mp4', "'scale' is out of range"],
  [{ scale: 1.5 }, 'gif', "'scale' is out of range"],
  [{ quantisation: 52 }, 'mp4', "'quantisation' is out of range"],
  [{ quantisation: 20 }, 'gif', "'quantisation' has no meaning for this output"],
])('does not take %o for %s', (options, format, message) => {
  expect(() => checkOptions(options, format)).toThrow(message);
});

it('names the nearest option where one is unknown', () => {
  const options = { scales: 2 } as WriteOptions;
  expect(() => checkOptions(options, 'mp4')).toThrow("did you mean 'scale'?");
});
