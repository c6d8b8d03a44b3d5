import type { Checkpoint, TensorEntry } from '../checkpoint/checkpoint.js';
import { type ClaimOptions, claimTensors } from '../checkpoint/claims.js';
import type { ModelSpec } from '../spec/model.js';
import { recordPass } from './pass-graph.js';
import type { WeightRef, WeightSource } from './weights.js';

/** A model on its weights: checked against each other, nothing loaded. */
export interface OpenModel {
  readonly spec: ModelSpec;
  readonly checkpoint: Checkpoint;
  readonly weights: WeightSource;
}

/**
 * Holds a model against its checkpoint: every tensor must be claimed exactly once by the plain pass, in the
 * shape the model needs; leftovers and gaps are named. Reads headers only.
 */
export function openModel(spec: ModelSpec, checkpoint: Checkpoint, options: ClaimOptions = {}): OpenModel {
  const claims = claimTensors(checkpoint, options);
  const once: WeightSource = { find: (name, shape) => refOf(claims.claim(name, shape)) };
  recordPass(spec, { variant: 'plain', rows: false }, once, {
    compute: 'float32',
    weights: 'mapped',
    decompose: new Set(),
  });
  claims.finish();
  const again: WeightSource = { find: (name, shape) => refOf(claims.claim(name, shape, { again: true })) };
  return { spec, checkpoint, weights: again };
}

const TYPES = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' } as const;

function refOf(entry: TensorEntry): WeightRef {
  const type = TYPES[entry.dtype as keyof typeof TYPES];
  const { file, offset, byteLength } = entry;
  return { kind: 'stored', type, range: { file, offset, byteLength } };
}
