import { faultOf } from '@skipstone/core/testing';
import { describe, expect, test } from 'vitest';
import { readBytes, readChoice, readNumber, readSize } from './read-value.js';

const steps = { kind: 'whole', least: 1, most: 1000 } as const;

describe('numbers', () => {
  test.each([
    ['24', 24],
    ['1', 1],
    ['1000', 1000],
    ['1e2', 100],
  ])('reads %s', (text, value) => {
    expect(readNumber('--steps', text, steps)).toBe(value);
  });

  test.each(['0', '1001', '1.5', '', ' ', '0x10', '24px', 'NaN', 'Infinity', '-1'])('refuses %j', (text) => {
    expect(faultOf(() => readNumber('--steps', text, steps)).lines).toEqual({
      code: 'option-value',
      what: '--steps has a value that does not serve',
      have: `--steps ${text === '' ? "''" : text}`,
      need: 'a whole number from 1 to 1000',
      do: 'for example --steps 24',
    });
  });

  test('reads fractions within a range, whose lower end may be left out', () => {
    const shift = { kind: 'number', above: 0, most: 100 } as const;
    expect(readNumber('--shift', '.5', shift)).toBe(0.5);
    expect(readNumber('--guidance', '-3', { kind: 'number', least: -100, most: 100 })).toBe(-3);
    expect(faultOf(() => readNumber('--shift', '0', shift)).lines.need).toBe('a number above 0 up to 100');
  });
});

test('names the nearest choice', () => {
  expect(readChoice('--sampler', 'unipc', ['euler', 'unipc'])).toBe('unipc');
  const error = faultOf(() => readChoice('--sampler', 'unpic', ['euler', 'unipc']));
  expect(error.lines).toMatchObject({ need: 'euler or unipc', do: 'did you mean --sampler unipc?' });
});

test('reads sizes', () => {
  expect(readSize('--size', '832x480')).toEqual({ width: 832, height: 480 });
  expect(readSize('--size', '64×32')).toEqual({ width: 64, height: 32 });
  for (const text of ['64', '64x', 'x64', '0x64', '-64x64', '64x64x3', '6.5x6']) {
    expect(faultOf(() => readSize('--size', text)).lines.need).toBe('WIDTHxHEIGHT in pixels');
  }
});

test('reads bytes with binary and decimal units', () => {
  expect(readBytes('--memory', '8GiB')).toBe(8 * 2 ** 30);
  expect(readBytes('--memory', '1.5 kb')).toBe(1500);
  expect(readBytes('--memory', '4096')).toBe(4096);
  for (const text of ['8XB', 'GiB', '', '0', '-1GB']) {
    expect(faultOf(() => readBytes('--memory', text)).code).toBe('option-value');
  }
});
