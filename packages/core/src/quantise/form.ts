import { SkipstoneError } from '../error.js';

/** How a matrix is quantised: bits a value, and how many values along `in` share a scale. */
export interface BlockForm {
  readonly bits: 4 | 8;
  /** A power of two, 16 to 256. */
  readonly block: number;
}

/**
 * The block of each precision unless told otherwise. Measured on two cores of an EPYC with AVX-512 VNNI,
 * ONNX Runtime 1.30, packed. Memory and velocity of `wan-1.3b-width` (random weights, 1,024 tokens; memory
 * repeats within 5 %), products of 1,024×1536×1536, and the worst velocity of the demo model (trained, 192
 * wide) at five noise levels; errors are max|a−b| / max|b|.
 *
 * | bits, block | resident over fp32 | velocity | product over fp32 | velocity of the demo model |
 * |---|---|---|---|---|
 * | 8, 32 | 0.39 | 1.2 % | 0.73 | 2.3 % |
 * | 8, 64 | 0.345 | 1.2 % | 0.68 | 2.2 % |
 * | 8, 128 | 0.325 | 1.4 % | 0.56 | 2.5 % |
 * | 4, 32 | 0.28 | 11 % | 0.83 | 18 % |
 * | 4, 64 | 0.24 | 12 % | 0.78 | 19 % |
 * | 4, 128 | 0.22 | 13 % | 0.60 | 18 % |
 *
 * So 64 for 8 bits: the most exact that stays below 0.35. For 4 bits, where the error is what hurts, 32.
 */
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
