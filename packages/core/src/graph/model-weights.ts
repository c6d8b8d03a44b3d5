import type { Checkpoint, TensorEntry } from '../checkpoint/checkpoint.js';
import { type ClaimOptions, claimTensors } from '../checkpoint/claims.js';
import type { ModelSpec } from '../spec/model.js';
import { recordPass } from './pass-graph.js';
import type { StoredValues, WeightRef, WeightSource } from './weights.js';

/** A model on its weights: checked against each other, nothing loaded. */
export interface OpenModel {
  readonly spec: ModelSpec;
  readonly checkpoint: Checkpoint;
  readonly weights: WeightSource;
  /** Tells the weights apart: the checkpoint's fingerprint, or one of it and all that is added to it. */
  readonly fingerprint: string;
}

/**
 * Holds a model against its checkpoint: every tensor must be claimed exactly once by the plain pass, in the
 * shape the model needs; leftovers and gaps are named. Reads headers only.
 */
export function openModel(spec: ModelSpec, checkpoint: Checkpoint, options: ClaimOptions = {}): OpenModel {
  const weights = claimedWeights(checkpoint, options, (once) => {
    recordPass(spec, { variant: 'plain', rows: false }, once, {
      compute: 'float32',
      weights: 'mapped',
      decompose: new Set(),
    });
  });
  return { spec, checkpoint, weights, fingerprint: checkpoint.fingerprint };
}

/** The weights of a checkpoint, once `record` has claimed each of them. */
export function claimedWeights(
  checkpoint: Checkpoint,
  options: ClaimOptions,
  record: (once: WeightSource) => void,
): WeightSource {
  const claims = claimTensors(checkpoint, options);
  record({ find: (name, shape) => refOf(claims.claim(name, shape)) });
  claims.finish();
  const { fingerprint, conversion } = checkpoint;
  return {
    ...{ fingerprint, ...(conversion && { conversion }) },
    find: (name, shape) => refOf(claims.claim(name, shape, { again: true })),
  };
}

const TYPES = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' } as const;

const refOf = (entry: TensorEntry): WeightRef => ({ kind: 'stored', ...storedValues(entry) });

/** A claimed tensor, whose type is one of these, as values that a graph can read. */
export function storedValues({ dtype, file, offset, byteLength }: TensorEntry): StoredValues {
  return { type: TYPES[dtype as keyof typeof TYPES], range: { file, offset, byteLength } };
}
