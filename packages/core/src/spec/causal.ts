import type { GraphBuilder } from './graph-builder.js';
import type { Value } from './value.js';

/**
 * A causal part of a model, such as a video autoencoder: frames go through a chunk at a time, and layers keep what they
 * need of the frames before. Its memory does not grow with the number of frames.
 */
export interface CausalSpec {
  readonly name: string;
  /** The smallest chunk after the first, `[1, C, T, …]`: a checkpoint is held against the graph of it. */
  readonly least: readonly number[];
  /** One chunk, float32 of known lengths. The first may be computed otherwise than those that follow. */
  emit(g: GraphBuilder, chunk: Value, memory: CausalMemory): Value;
}

/** What layers keep from chunk to chunk. */
export interface CausalMemory {
  /** True in the graph of the first chunk. */
  readonly first: boolean;
  /** What was kept under this name; zeros before anything was. */
  recall(name: string, shape: readonly number[]): Value;
  /** Replaces it. What is not replaced stays. */
  keep(name: string, value: Value): void;
}
