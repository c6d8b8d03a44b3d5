import type { Checkpoint } from '../checkpoint/checkpoint.js';
import type { ClaimOptions } from '../checkpoint/claims.js';
import type { ChainSpec } from '../spec/chain.js';
import type { Value } from '../spec/value.js';
import { arithmetic } from './arithmetic.js';
import { claimedWeights } from './model-weights.js';
import { Recorder } from './recorder.js';
import type { EmitOptions, WeightSource } from './weights.js';

/** A chain on its weights: checked against each other, nothing loaded. */
export interface OpenChain {
  readonly spec: ChainSpec;
  readonly checkpoint: Checkpoint;
  readonly weights: WeightSource;
}

/** A span as its chain wrote it, for one input. */
export interface ChainSpan {
  readonly name: string;
  readonly from: Value;
  /** Those of the chain's given tensors that the span reads. */
  readonly given: readonly Value[];
  readonly to: Value;
  readonly recorder: Recorder;
}

/** Every tensor must be claimed exactly once, in the shape the chain needs; leftovers and gaps are named. */
export function openChain(spec: ChainSpec, checkpoint: Checkpoint, options: ClaimOptions = {}): OpenChain {
  const weights = claimedWeights(checkpoint, options, (once) => {
    recordChain(spec, spec.least, once, { compute: 'float32', weights: 'mapped', decompose: new Set() });
  });
  return { spec, checkpoint, weights };
}

/** Lets a chain write down its spans for an input of this shape. */
export function recordChain(
  spec: ChainSpec,
  shape: readonly number[],
  weights: WeightSource,
  options: EmitOptions,
): readonly ChainSpan[] {
  let at = shape;
  return spec.spans.map(({ name, emit }) => {
    const recorder = new Recorder(weights, options);
    const from = recorder.input({ name: 'input', type: 'float32', shape: at }, 'run', false);
    const given = mapValues(spec.given?.(shape) ?? {}, (form, of) =>
      recorder.input({ name: of, ...form }, 'run', false),
    );
    const to = recorder.cast(emit(arithmetic(recorder), from, given), 'float32');
    at = to.shape.map(Number);
    const read = new Set(recorder.nodes.flatMap(({ inputs }) => inputs));
    return { name, from, given: Object.values(given).filter((one) => read.has(one.name)), to, recorder };
  });
}

const mapValues = <A, B>(
  of: Readonly<Record<string, A>>,
  by: (value: A, name: string) => B,
): Record<string, B> =>
  Object.fromEntries(Object.entries(of).map(([name, value]) => [name, by(value, name)]));
