import { expect, it } from 'vitest';
import { blockForm, matrixForm, quantisedBits } from './form.js';

it.each([
  ['int8', 8],
  ['int4', 4],
  ['fp32', undefined],
  ['fp16', undefined],
  [undefined, undefined],
])('precision %s keeps weights in %s bits', (precision, bits) => {
  expect(quantisedBits(precision)).toBe(bits);
});

it('has a block for each number of bits', () => {
  expect(blockForm(8)).toEqual({ bits: 8, block: 64 });
  expect(blockForm(4)).toEqual({ bits: 4, block: 32 });
  expect(blockForm(4, 128)).toEqual({ bits: 4, block: 128 });
});

it('keeps matrices of clocks in 8 bits', () => {
  expect(matrixForm({ bits: 4, block: 32 }, { clock: true })).toEqual({ bits: 8, block: 32 });
  expect(matrixForm({ bits: 4, block: 32 }, { clock: false })).toEqual({ bits: 4, block: 32 });
});

it('refuses other numbers of bits', () => {
  expect(() => blockForm(5)).toThrowErrorMatchingInlineSnapshot(`
    [SkipstoneError: weights cannot be quantised in this form
      have   bits = 5
      need   8 or 4 bits
      do     leave the block out for the measured default]
  `);
});

it.each([0, 8, 48, 512, 32.5, Number.NaN])('refuses a block of %s', (block) => {
  expect(() => blockForm(8, block)).toThrow('need   a block of 16, 32, 64, 128 or 256 values');
});
