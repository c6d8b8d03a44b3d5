import type { Checkpoint } from '../checkpoint/checkpoint.js';
import type { ClaimOptions } from '../checkpoint/claims.js';
import { SkipstoneError } from '../error.js';
import type { CausalSpec } from '../spec/causal.js';
import type { Value } from '../spec/value.js';
import { arithmetic } from './arithmetic.js';
import { claimedWeights } from './model-weights.js';
import { Recorder } from './recorder.js';
import type { EmitOptions, WeightSource } from './weights.js';

/** A causal part on its weights: checked against each other, nothing loaded. */
export interface OpenCausal {
  readonly spec: CausalSpec;
  readonly checkpoint: Checkpoint;
  readonly weights: WeightSource;
}

/** The graph of a chunk: what it recalls and keeps, by name, beside what goes through. */
export interface CausalChunk {
  readonly from: Value;
  readonly to: Value;
  readonly recalled: ReadonlyMap<string, Value>;
  readonly kept: ReadonlyMap<string, Value>;
  readonly recorder: Recorder;
}

/** Every tensor must be claimed exactly once by the graph of a chunk after the first. */
export function openCausal(spec: CausalSpec, checkpoint: Checkpoint, options: ClaimOptions = {}): OpenCausal {
  const weights = claimedWeights(checkpoint, options, (once) => {
    const how = { compute: 'float32', weights: 'mapped', decompose: new Set<never>() } as const;
    recordChunk(spec, { shape: spec.least, first: false }, once, how);
  });
  return { spec, checkpoint, weights };
}

/** Lets a causal part write down its graph for a chunk of this shape. */
export function recordChunk(
  spec: CausalSpec,
  { shape, first }: { readonly shape: readonly number[]; readonly first: boolean },
  weights: WeightSource,
  options: EmitOptions,
): CausalChunk {
  const recorder = new Recorder(weights, options);
  const recalled = new Map<string, Value>();
  const kept = new Map<string, Value>();
  const from = recorder.input({ name: 'input', type: 'float32', shape }, 'run', false);
  const to = spec.emit(arithmetic(recorder), from, {
    first,
    recall: (name, of) => {
      const value = { name: `recalled/${name}`, type: 'float32', shape: of } as const;
      recalled.set(name, recorder.input(value, 'run', false));
      return value;
    },
    keep: (name, value) => {
      if (kept.has(name)) throw keptTwice(spec.name, name);
      kept.set(name, value);
    },
  });
  return { from, to, recalled, kept, recorder };
}

function keptTwice(stream: string, name: string): SkipstoneError {
  return new SkipstoneError({
    code: 'graph-name',
    what: `${stream}: two layers keep something under one name`,
    have: name,
    need: 'a name for each',
    do: 'name it after the layer',
  });
}
