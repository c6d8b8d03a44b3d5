import { fileURLToPath } from 'node:url';
import { checkGolden, missed } from '@skipstone/golden';
import { expect, it } from 'vitest';
import { verifiers } from './index.js';

const real = (name: string): string => fileURLToPath(new URL(`../../test-data/${name}`, import.meta.url));

it.each([
  ['pipe-wan21-i2v', 29],
  ['pipe-wan22-a14b', 27],
  ['pipe-wan22-ti2v', 33],
  ['pipe-cosmos2-v2w', 41],
  ['pipe-ltx2-3', 52],
])(
  '%s, from prompt and picture to frames and sound, %i stations',
  async (name, count) => {
    const checked = await checkGolden(real(name), verifiers);
    expect(checked).toHaveLength(count);
    expect(missed(checked)).toEqual([]);
  },
  120_000,
);
