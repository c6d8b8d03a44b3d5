/**
 * Tensors of the loop are opaque. A `Tensor` is a number (its handle), an element type and a shape; the
 * array behind it stays with the runtime, in its worker or on its device. Kernels and sessions take handles
 * and give handles back at once; work happens in the order it was asked for. Only an explicit read-back, or
 * a kernel that returns a number, waits.
 *
 * Ownership in one sentence: a tensor belongs to the step that made it, or to the `TokenCache` it was
 * written to; the step frees the rest.
 *
 * Tokens come in named streams: `{ video }` for most models, `{ video, audio }` for LTX-2. Everything a
 * plugin touches is a record over streams, so a plugin written for one stream works for two.
 */
export type ElementType = 'float32' | 'float16' | 'int64' | 'int32' | 'int8' | 'uint8' | 'bool';

export interface Tensor {
  readonly id: number;
  readonly type: ElementType;
  readonly shape: readonly number[];
}

/** One value per token stream. */
export type Streams<T = Tensor> = Readonly<Record<string, T>>;

/** The rows (tokens) of one stream that take part: all of them, or these, ascending, without repeats. */
export type RowSet = 'all' | Int32Array;

/** Which rows of each stream are computed. */
export type Rows = Streams<RowSet>;

/** What may be put into a ledger, a saved run or a policy file. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** The type of a literal's kind: `number` for 0, `string` for 'a', `boolean` for true; other types as they are. */
export type Widened<T extends Json> = T extends number
  ? number
  : T extends string
    ? string
    : T extends boolean
      ? boolean
      : T;

/** A host array with its shape: what goes into the runtime and what a read-back gives. Row-major. */
export interface HostTensor {
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly data: Float32Array | Uint16Array | BigInt64Array | Int32Array | Int8Array | Uint8Array;
}
