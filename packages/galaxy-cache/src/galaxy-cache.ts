import {
  forcedCount,
  forcedStep,
  type Outlook,
  type Plugin,
  type Reference,
  SkipstoneError,
  stepCache,
} from '@skipstone/core';
import { driftRule, limitsOf } from './drift-policy.js';
import { onLine } from './on-line.js';
import { type GalaxyCacheOptions, settle } from './options.js';
import { type SpeedTarget, speedController } from './speed-controller.js';

export const GALAXY_DIT: Reference = {
  key: 'galaxydit2025',
  title:
    'GalaxyDiT: Efficient Video Generation with Guidance Alignment and Adaptive Proxy in Diffusion Transformers',
  authors: 'Z. Song, S. Dai, B. Keller, B. Khailany',
  year: 2025,
  url: 'https://arxiv.org/abs/2512.03451',
};

/**
 * GalaxyDiT's proxy reuse: a value of the first block is compared with the step before; while the sum of its
 * relative changes stays below the threshold, what the blocks added last time is added again. Alone, each
 * branch decides for itself; under an aligned run the leader decides and its followers run no probe.
 * Throws a SkipstoneError for options that are unknown or have no meaning.
 */
export function galaxyCache(options: GalaxyCacheOptions): Plugin {
  const { station, drift, predictor, space, storage, stream, target } = settle(options);
  const limits = limitsOf(drift);
  const cache = stepCache({
    name: 'galaxy-cache',
    references: [GALAXY_DIT],
    ...limits,
    looksAt: { at: station, storage: storage.proxy, ...(stream === undefined ? {} : { stream }) },
    keeps: {
      what: space === 'output' ? 'prediction' : 'residual',
      storage: storage.residual,
      ...(predictor === 'extrapolated' && { generations: 2, weigh: onLine }),
    },
    rule: (run) => {
      const moving = target && speedController(target, { steps: run.steps, forced: forcedStep(limits, run) });
      return driftRule(drift, moving);
    },
  });
  return {
    ...cache,
    outlook: (phase) => {
      if (target) assertReachable(target, phase, forcedCount(limits, phase));
      return cache.outlook?.(phase) ?? [];
    },
  };
}

function assertReachable({ speedup }: SpeedTarget, { steps }: Outlook, fewest: number): void {
  if (fewest <= steps / speedup) return;
  throw new SkipstoneError({
    code: 'galaxy-cache-target',
    what: `galaxy-cache: a speed-up of ${speedup} cannot be met`,
    have: `${fewest} of ${steps} steps are always computed`,
    need: `at most ${Math.floor(steps / speedup)}`,
    do: 'ask for less, or shorten the warm-up',
  });
}
