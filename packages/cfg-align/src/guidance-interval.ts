import { assertKnownOptions, CONTRACT, type Plugin, SkipstoneError } from '@skipstone/core';
import { GUIDANCE_INTERVAL } from './references.js';

export interface GuidanceIntervalOptions {
  /** The noise level at which guidance begins, included: σ in (0, 1], 1 is noise only. Default 1, the start of a run. */
  readonly from?: number;
  /** The noise level at which it ends, excluded: σ in [0, `from`). Default 0, the end of a run. */
  readonly to?: number;
}

/**
 * Guides while `to` < σ ≤ `from`, in the order of a run, whose noise falls; elsewhere only guidance's leading branch
 * runs, and what it predicts is the result. Caches of the branches that are left out are forgotten by then.
 *
 * Source: arXiv:2404.07724, whose σ is a ratio of noise to signal: σ here is s / (1 + s) of it. Which interval suits
 * a model is for its user to find: the defaults change nothing.
 */
export function guidanceInterval(options: GuidanceIntervalOptions = {}): Plugin {
  assertKnownOptions('guidance-interval', options, ['from', 'to']);
  const { from = 1, to = 0 } = options;
  if (!(0 <= to && to < from && from <= 1)) throw noInterval(from, to);
  const inside = (sigma: number): boolean => to < sigma && sigma <= from;
  return {
    name: 'guidance-interval',
    contract: CONTRACT,
    references: [GUIDANCE_INTERVAL],
    outlook: (phase) => {
      const guided = phase.sigmas.slice(phase.from, phase.to).filter(inside).length;
      return [`${guided} of ${phase.to - phase.from} steps are guided`];
    },
    setup: ({ guidance: { branches }, sigmas }) => ({
      evaluate: async (call, next) => {
        const leader = call.branches.filter((branch) => branch === branches[0]?.name);
        if (leader.length === call.branches.length) return next(call);
        const guided = await call.decide('guided', (note) => {
          note({ signal: call.sigma });
          return inside(call.sigma);
        });
        return next(guided ? call : { ...call, branches: leader });
      },
      expectedShare: (step) => (inside(sigmas[step] ?? 0) ? 1 : 1 / branches.length),
    }),
  };
}

function noInterval(from: number, to: number): SkipstoneError {
  return new SkipstoneError({
    code: 'guidance-interval',
    what: 'guidance-interval: this is no interval of noise levels',
    have: `from ${from}, to ${to}`,
    need: '1 ≥ from > to ≥ 0: the noise falls during a run',
    do: 'for example { from: 0.9, to: 0.2 }',
  });
}
