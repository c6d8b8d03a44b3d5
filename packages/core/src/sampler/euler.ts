import type { Sampler } from '../spec/sampler.js';
import { assertFallingStep } from './noise-step.js';

/**
 * Euler's method: x(to) = x + (to − from)·v. Remembers nothing, so every row may take any step.
 *
 * Source: diffusers' FlowMatchEulerDiscreteScheduler.step. Golden: `run-wan21-euler`.
 */
export function euler(): Sampler {
  return {
    name: 'euler',
    memory: 0,
    history: (keep) => ({ cell: keep.cell<readonly number[]>([]), slots: [] }),
    step: ({ x, v, from, to, kernels }) => {
      assertFallingStep('euler', from, to);
      return kernels.scaledAdd([
        { scale: 1, of: x },
        { scale: to - from, of: v },
      ]);
    },
  };
}
