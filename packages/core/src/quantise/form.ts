import { SkipstoneError } from '../error.js';

/** How a matrix is quantised: bits a value, and how many values along `in` share a scale. */
export interface BlockForm {
  readonly bits: 4 | 8;
  /** A power of two, 16 to 256. */
  readonly block: number;
}

/** The block of each precision unless told otherwise. */
export const DEFAULT_BLOCK = { 8: 64, 4: 32 } as const satisfies Record<BlockForm['bits'], number>;

/** Bits of a precision; `undefined` for those that leave the weights as they are. */
export function quantisedBits(precision: string | undefined): BlockForm['bits'] | undefined {
  if (precision === 'int8') return 8;
  return precision === 'int4' ? 4 : undefined;
}

/** Completes and checks a form. */
export function blockForm(bits: number, block?: number): BlockForm {
  if (bits !== 4 && bits !== 8) throw unfit(`bits = ${bits}`, '8 or 4 bits');
  const size = block ?? DEFAULT_BLOCK[bits];
  if (size >= 16 && size <= 256 && Number.isInteger(Math.log2(size))) return { bits, block: size };
  throw unfit(`block = ${size}`, 'a block of 16, 32, 64, 128 or 256 values');
}

function unfit(have: string, need: string): SkipstoneError {
  return new SkipstoneError({
    code: 'quantise-form',
    what: 'weights cannot be quantised in this form',
    have,
    need,
    do: 'leave the block out for the measured default',
  });
}

/** The form of one matrix: those of clocks alone keep 8 bits, they are few and reach every token. */
export function matrixForm(form: BlockForm, { clock }: { readonly clock: boolean }): BlockForm {
  return clock ? { bits: 8, block: form.block } : form;
}
