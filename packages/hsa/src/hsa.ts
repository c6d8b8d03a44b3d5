import { CONTRACT, type Plugin, type Reference } from '@skipstone/core';
import { cachedVelocities } from './cached-velocities.js';
import { describeRun } from './describe-run.js';
import { allocationOf, type HsaOptions, ROWS_OF } from './options.js';
import { ownGrids } from './own-grids.js';
import { activeShare, planRun } from './run-plan.js';
import { tokenGroups } from './token-groups.js';

const PAPER: Reference = {
  key: 'chu2026hsa',
  title: 'Heterogeneous Step Allocation',
  authors: 'E. Chu and V. Patel',
  year: 2026,
  url: 'https://arxiv.org/abs/2605.06892',
};

/**
 * Heterogeneous step allocation (HSA, arXiv:2605.06892v1): tokens in groups, each computed at the steps its
 * stride divides. Keys and values of the others stay in caches, so active tokens attend to all tokens; every
 * latent moves with its token's last guided velocity, or, under a multistep sampler, on its group's own grid.
 * Tokens of streams that are not allocated (LTX-2's audio) are active at every step, and read what is in the caches.
 * What is kept, and in which branches, is the option `sync`.
 *
 * Decisions in the ledger: `due`, whether each group is active at a step, and `groups`, the group of each
 * token by stream (one character a token), at the step that settles it.
 */
export function hsa(options: HsaOptions = {}): Plugin {
  const allocation = allocationOf(options);
  const { strides, rerank, maxIdle, sync } = allocation;
  return {
    name: 'hsa',
    contract: CONTRACT,
    references: [PAPER],
    needs: () => ({
      rows: ROWS_OF[sync],
      steps: rerank === undefined && maxIdle === undefined ? 'own-grid' : 'any',
      caches: { velocity: { rowsOf: 'latents', per: 'run' } },
    }),
    outlook: (phase) => describeRun(planRun(allocation, phase), allocation, phase),
    setup: (run) => {
      const plan = planRun(allocation, run);
      const tokens = tokenGroups(run, allocation, plan);
      return {
        evaluate: cachedVelocities(run, plan, tokens),
        ...(run.sampler.memory > 0 ? { advance: ownGrids(run, plan, tokens, strides.length) } : {}),
        expectedShare: (step) => {
          const all = run.guidance.branches.length;
          const active = activeShare(plan, step);
          return sync === 'leader' ? (active + all - 1) / all : active;
        },
      };
    },
  };
}
