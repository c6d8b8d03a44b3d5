import type { Sampler } from '../spec/sampler.js';
import { dpmpp } from './dpmpp.js';
import { euler } from './euler.js';
import { eulerAncestral } from './euler-ancestral.js';
import { unipc } from './unipc.js';

/** Samplers by name, for options and the command line; `seed` is that of the run. */
export const samplers = {
  euler: () => euler(),
  'euler-ancestral': (seed: number) => eulerAncestral({ seed }),
  unipc: () => unipc(),
  'unipc-1': () => unipc({ order: 1 }),
  'unipc-3': () => unipc({ order: 3 }),
  'unipc-bh1': () => unipc({ form: 'bh1' }),
  'dpmpp-1': () => dpmpp({ order: 1 }),
  'dpmpp-2m': () => dpmpp(),
  'dpmpp-2m-heun': () => dpmpp({ form: 'heun' }),
  'dpmpp-3m': () => dpmpp({ order: 3 }),
} as const satisfies Record<string, (seed: number) => Sampler>;

export type SamplerName = keyof typeof samplers;

export const SAMPLER_NAMES = Object.keys(samplers) as [SamplerName, ...SamplerName[]];
