import type { Conversion } from '../checkpoint/checkpoint.js';
import type { FileRange } from './node.js';

/** Where a weight lies and what it is: the header's entry, or a quantised copy in a sidecar file. */
export type WeightRef = StoredWeight | QuantisedWeight;

export interface StoredWeight extends StoredValues {
  readonly kind: 'stored';
  /** What other files add to it. Only the matrix of a linear product can have thin products. */
  readonly additions?: readonly Addition[];
}

/** Values as a file holds them. */
export interface StoredValues {
  readonly type: 'float32' | 'float16' | 'bfloat16';
  /** A place in a file; small ones made on the spot may be bytes. */
  readonly range: FileRange | { readonly bytes: Uint8Array };
}

/** What is added to a weight, which itself is neither changed nor copied. */
export type Addition = LowRankAddition | Difference;

/** scale·up·down, to an `[out, in]` matrix. */
export interface LowRankAddition {
  readonly kind: 'product';
  readonly rank: number;
  /** `[rank, in]`. */
  readonly down: StoredValues;
  /** `[out, rank]`. */
  readonly up: StoredValues;
  readonly scale: number;
}

/** scale·values, as many as the weight has: to a matrix, a bias, a norm or a table. */
export interface Difference {
  readonly kind: 'difference';
  readonly values: StoredValues;
  readonly scale: number;
}

/**
 * An `[out, in]` matrix in blocks along `in`, as `MatMulNBits` reads it: values `[out, blocks, block·bits/8]`
 * bytes around a zero point of 2^(bits−1), one float32 scale a block.
 */
export interface QuantisedWeight {
  readonly kind: 'quantised';
  readonly bits: 4 | 8;
  readonly block: number;
  /** Places in a file; a small one made on the spot may be bytes. */
  readonly values: FileRange | { readonly bytes: Uint8Array };
  readonly scales: FileRange | { readonly bytes: Uint8Array };
  /** As those of a stored weight: they stay as they are stored. */
  readonly additions?: readonly Addition[];
}

/** Gives each weight of a model by name; asserts that the checkpoint has it in this shape. */
export interface WeightSource {
  find(name: string, shape: readonly number[]): WeightRef;
  /** Tells these weights apart from others of the same model: a run that was saved goes on with the same only. */
  readonly fingerprint?: string;
  /** What makes the file that its places lead to; nothing for most. */
  readonly conversion?: Conversion;
  /** The files whose low-rank additions its weights carry; none for most. */
  readonly added?: readonly AddedFile[];
}

/** A file of low-rank additions in use. */
export interface AddedFile {
  readonly file: string;
  /** As a checkpoint's; of the file and of the `adapter_config.json` beside it, where that scales it. */
  readonly fingerprint: string;
  readonly strength: number;
  /** Products that it adds to, and its largest rank. */
  readonly products: number;
  readonly rank: number;
  /** What scales them beside the strength: alpha/rank, by where alpha stands. */
  readonly scales: readonly AddedScale[];
  /** Weights that it holds whole differences of. */
  readonly differences: number;
  /** Additions it holds for other parts of a release, which are left to them. */
  readonly elsewhere: number;
}

export interface AddedScale {
  /** Where alpha stands, in words. */
  readonly from: string;
  readonly products: number;
  readonly least: number;
  readonly most: number;
}

/** How a graph is written for a device. */
export interface EmitOptions {
  /** Type of products and activations. Ports between spans are float32 whatever this is. */
  readonly compute: 'float32' | 'float16';
  /**
   * `mapped`: weights stay pages of their file, half-precision ones are cast during the run.
   * `packed`: the runtime may copy and reorder them for speed.
   */
  readonly weights: 'mapped' | 'packed';
  /** Fused operators that this device computes wrongly; their decomposed form is written instead. */
  readonly decompose: ReadonlySet<FusedOperator>;
  /** What keys and values of all rows are kept as, where a pass computes some rows only. Default `float32`. */
  readonly keysValues?: KeyValueForm;
}

/**
 * `float16`: rounded to nearest, within 2⁻¹¹ of each value, infinite beyond 65,504. `int8`: 8 bits and a
 * float32 scale a row, max|row| / 127, within 1/254 of the row's largest. Attention computes as ever.
 */
export type KeyValueForm = 'float32' | 'float16' | 'int8';

export const FUSED_OPERATORS = ['attention', 'rotary', 'rmsNorm', 'layerNorm', 'gelu'] as const;

/** Operators that are self-tested before they are trusted, and have a decomposed form. */
export type FusedOperator = (typeof FUSED_OPERATORS)[number];
