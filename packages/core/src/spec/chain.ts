import type { GraphBuilder } from './graph-builder.js';
import type { Value } from './value.js';

/**
 * A part of a model that no noise goes through and that has no tokens, such as an upsampler of latents: one value
 * goes through spans one after the other. Each span is one session, which is gone before the next is made, so a
 * chain needs the memory of its biggest span.
 */
export interface ChainSpec {
  readonly name: string;
  /** The smallest input there is: a checkpoint is held against the chain with it. */
  readonly least: readonly number[];
  /** Tensors that spans read beside what goes through, for an input of this shape: tables, masks. Default none. */
  given?(input: readonly number[]): Readonly<Record<string, TensorForm>>;
  /** What `emit` gets and gives are float32 of known lengths. */
  readonly spans: readonly {
    readonly name: string;
    emit(g: GraphBuilder, x: Value, given: Readonly<Record<string, Value>>): Value;
  }[];
}

export interface TensorForm {
  readonly type: 'float32' | 'int64';
  readonly shape: readonly number[];
}
