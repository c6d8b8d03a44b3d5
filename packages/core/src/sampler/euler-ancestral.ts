import { SkipstoneError } from '../error.js';
import { assertKnownOptions } from '../schedule/known-options.js';
import type { Sampler, SamplerCall } from '../spec/sampler.js';
import type { Streams } from '../spec/tensor.js';
import { assertFlowStep } from './noise-step.js';

export interface EulerAncestralOptions {
  /** What the noise is made of: a whole number from 0 to 2^53 − 1. */
  readonly seed: number;
  /** Share of fresh noise, 0 (none: plain Euler) to 1. Default 1, of LTX-2.5. */
  readonly eta?: number;
}

/**
 * Euler's method with fresh noise, for flow matching: a step goes down further than asked, to σ_d, and noise of the
 * step's own brings it back up to σ'. A prediction that is kept knows nothing of noise added since, so plugins that
 * compute some rows only are refused.
 *
 * σ_d = σ'·(1 + (σ'/σ − 1)·η), y = x − (σ − σ_d)·v, r = (1 − σ')/(1 − σ_d),
 * x(σ') = r·y + √(σ'² − r²·σ_d²)·n; the last step, to 0, gives x0 = x − σ·v.
 *
 * Source: Lightricks/LTX-2 400fd310, the first stage of LTX-2.5 (η = 1). diffusers runs plain Euler there.
 */
export function eulerAncestral(options: EulerAncestralOptions): Sampler {
  assertKnownOptions('eulerAncestral', options, ['seed', 'eta']);
  const { seed, eta = 1 } = options;
  if (!(Number.isSafeInteger(seed) && seed >= 0)) throw outOfRange('seed', seed, 'a whole number, 0 or more');
  if (!(eta >= 0 && eta <= 1)) throw outOfRange('eta', eta, '0 to 1');
  return {
    name: 'euler-ancestral',
    memory: 0,
    seed,
    history: (keep) => ({ cell: keep.cell<readonly number[]>([]), slots: [] }),
    step: (call) => step(call, eta),
  };
}

function step({ x, v, from, to, kernels, noise }: SamplerCall, eta: number): Streams {
  assertFlowStep('euler-ancestral', from, to);
  const weights = ancestralWeights(from, to, eta);
  const moved = [
    { scale: weights.x, of: x },
    { scale: weights.v, of: v },
  ];
  if (weights.noise === 0) return kernels.scaledAdd(moved);
  if (!noise) throw new TypeError('euler-ancestral was given no noise');
  return kernels.scaledAdd([...moved, { scale: weights.noise, of: noise() }]);
}

/** A step's result as weights of the sample, the velocity and fresh noise. */
export function ancestralWeights(
  from: number,
  to: number,
  eta: number,
): { readonly x: number; readonly v: number; readonly noise: number } {
  if (to === 0) return { x: 1, v: -from, noise: 0 };
  const down = to * (1 + (to / from - 1) * eta);
  const back = (1 - to) / (1 - down);
  const noise = Math.sqrt(Math.max(to ** 2 - back ** 2 * down ** 2, 0));
  return { x: back, v: back * (down - from), noise };
}

function outOfRange(option: string, value: number, need: string): SkipstoneError {
  return new SkipstoneError({
    code: 'sampler-option',
    what: `eulerAncestral: ${option} is out of range`,
    have: String(value),
    need,
    do: `pass { ${option} } in that range`,
  });
}
