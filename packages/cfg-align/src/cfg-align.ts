import { assertKnownOptions, CONTRACT, type Plugin } from '@skipstone/core';
import { GALAXY_DIT } from './references.js';

export interface CfgAlignOptions {
  /**
   * The branch that decides, a name of guidance's; an unknown one is refused by the plan. It runs first. Default:
   * guidance's first branch, the conditional one.
   */
  readonly leader?: string;
}

/**
 * One branch decides for every plugin of the run, all others follow: they look at nothing and take over what was
 * decided, so that guidance never subtracts a computed prediction from a reused one. A plugin with an alignment of
 * its own keeps it. What steps decide for all branches at once (`advance`, `evaluate`) is not concerned.
 *
 * Source: guidance-aligned reuse, GalaxyDiT, arXiv:2512.03451.
 */
export function cfgAlign(options: CfgAlignOptions = {}): Plugin {
  assertKnownOptions('cfg-align', options, ['leader']);
  return {
    name: 'cfg-align',
    contract: CONTRACT,
    references: [GALAXY_DIT],
    needs: () => ({ align: { of: 'all', ...options } }),
    setup: () => ({}),
  };
}
