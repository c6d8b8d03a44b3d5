import { weighted } from '../../guidance/weighted.js';
import type { Guidance } from '../../spec/guidance.js';
import type { HostTensor } from '../../spec/tensor.js';
import type { Subject } from '../subject.js';
import { toyModel } from './toy-model.js';
import { TOY_WIDTH } from './weights.js';

/** Four branches, as LTX-2 has them: one forks from the leader, one is another graph. */
export const toyBranches = [
  { name: 'cond', text: 'cond' },
  { name: 'uncond', text: 'uncond' },
  { name: 'perturbed', text: 'cond', variant: 'skip-attention', fork: { from: 'cond', at: 'blocks.0' } },
  { name: 'isolated', text: 'cond', variant: 'isolated' },
] as const;

export const toyGuidance = (): Guidance =>
  weighted({ branches: toyBranches, weights: { uncond: -0.5, perturbed: -0.25, isolated: -0.25 } });

/** The toy with everything: two streams, four branches, two phases. */
export async function toySubject(phases = 2): Promise<Subject> {
  const models = await Promise.all(Array.from({ length: phases }, (_, i) => toyModel(i + 1)));
  const grid = { frames: 3, height: 2, width: 2 };
  return {
    name: 'toy',
    models,
    grid,
    lengths: { S: 3 },
    conditions: { cond: { text: numbers(3, 5) }, uncond: { text: numbers(3, 9) } },
    latents: { video: numbers(12, 1), audio: numbers(3, 2) },
    guidance: toyGuidance(),
  };
}

/** Rows of multiples of 1/16 in (−1, 1). */
function numbers(rows: number, seed: number): HostTensor {
  const data = Float32Array.from(
    { length: rows * TOY_WIDTH },
    (_, i) => (((i * 11 + seed * 5) % 31) - 15) / 16,
  );
  return { type: 'float32', shape: [rows, TOY_WIDTH], data };
}
