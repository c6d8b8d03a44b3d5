import { cfgAlign } from '@skipstone/cfg-align';
import type { DenoiseRequest, Plugin } from '@skipstone/core';
import { type GalaxyCacheOptions, galaxyCache } from '@skipstone/galaxy-cache';

/** The proxy of Wan2.1-1.3B; the threshold does not matter where a schedule is given. */
const OPTIONS = { tap: 'cross_attn_out', threshold: 1 } as const;

/** Proxy reuse, aligned to guidance's first branch. */
export const alignedReuse = (
  options: Pick<GalaxyCacheOptions, 'storage' | 'space'> = {},
): readonly Plugin[] => [galaxyCache({ ...OPTIONS, ...options }), cfgAlign()];

/** The same request with every decision to reuse given: probes run, their answers do not count. */
export function withReuse(request: DenoiseRequest, reuse: (step: number) => boolean): DenoiseRequest {
  const { phases, schedule } = request.plan.request;
  const steps = schedule.timesteps.length;
  const decisions = phases.flatMap(({ guidance, from, to }) =>
    Array.from({ length: to - from }, (_, i) => ({
      step: from + i,
      branch: guidance.branches[0]?.name ?? '',
      plugin: 'galaxy-cache',
      key: 'reuse',
      value: reuse(from + i),
    })),
  );
  const model = phases.map(({ spec }) => spec.name).join(' → ');
  return { ...request, replay: { version: 1, model, steps, decisions, passes: [] } };
}
