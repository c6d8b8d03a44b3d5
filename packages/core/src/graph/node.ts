import type { Dim, Lifetime, Value } from '../spec/pass.js';
import type { ElementType } from '../spec/tensor.js';

/** One operation of a graph. Data only; `encode.ts` turns it into bytes, `dump.ts` into text. */
export interface Node {
  /** The checkpoint path it belongs to: `blocks.7.attn1.to_q`. Unique in its graph. */
  readonly name: string;
  readonly op: string;
  /** ONNX operator set; empty for the standard one. */
  readonly domain: '' | 'com.microsoft';
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

export type Attribute =
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly float: number }
  | { readonly string: string }
  | { readonly graph: Subgraph };

/** A branch of an `If`: reads names of the outer graph, makes these outputs. */
export interface Subgraph {
  readonly name: string;
  readonly nodes: readonly Node[];
  readonly outputs: readonly string[];
}

/** Element types of stored weights; all but the last three are element types of tensors too. */
export type StoredType = ElementType | 'bfloat16';

/** A tensor that a graph owns: bytes inside it (small), or a place in a file of the user's. */
export interface Initializer {
  readonly name: string;
  readonly type: StoredType;
  readonly dims: readonly number[];
  readonly data: { readonly bytes: Uint8Array } | FileRange;
  /**
   * Listed as a graph input too ("overridable"), which stops the runtime from folding casts of it into
   * copies at load: a bf16 file stays mapped and is cast during the run.
   */
  readonly overridable?: boolean;
}

/** A stretch of a file, by real absolute path. */
export interface FileRange {
  readonly file: string;
  readonly offset: number;
  readonly byteLength: number;
}

/** What stands between spans: a named value with its symbolic shape. */
export type Port = Value;

/** A complete graph, ready to encode. */
export interface Graph {
  readonly name: string;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly nodes: readonly Node[];
  readonly initializers: readonly Initializer[];
}

/** What the builder knows of a node beside its operation; the plan reads it. */
export interface NodeFacts {
  /** `constant`: depends on weights alone; written into every span that reads it. */
  readonly lifetime: Lifetime | 'constant';
  /**
   * True for products with weights and their kind: worth computing once where lifetime allows it. Cheap
   * tails (a slice, a sum with a table) stay where they are used, so that few values cross a cut.
   */
  readonly heavy: boolean;
  /** Floating-point operations, as a product of these dims times `scale`. */
  readonly work: Work;
}

/** Σ scale·Π dims. */
export type Work = readonly { readonly scale: number; readonly dims: readonly Dim[] }[];

/** Numbers of types in ONNX, `TensorProto.DataType`. */
export const DATA_TYPE = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  bfloat16: 16,
} as const satisfies Record<StoredType, number>;
