import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { fromFloat8, widenFloat8 } from './float8.js';

/** Made by ml_dtypes: numbers by code, a blank between two. */
const golden: Readonly<Record<string, string>> = JSON.parse(
  await readFile(new URL('./float8.golden.json', import.meta.url), 'utf8'),
);

test.each(['F8_E4M3', 'F8_E5M2'] as const)(
  'knows all 256 numbers of %s, each NaN and zero among them',
  (dtype) => {
    const want = golden[dtype]?.split(' ').map(Number) ?? [];
    expect(want).toHaveLength(256);
    const codes = Uint8Array.from({ length: 256 }, (_, code) => code);
    expect(Array.from(codes, (code) => fromFloat8(dtype, code))).toEqual(want);
    expect(Array.from(widenFloat8(dtype, codes))).toEqual(want);
    const nan = want.flatMap((value, code) => (Number.isNaN(value) ? [code] : []));
    expect(nan).toEqual(dtype === 'F8_E4M3' ? [0x7f, 0xff] : [0x7d, 0x7e, 0x7f, 0xfd, 0xfe, 0xff]);
  },
);
