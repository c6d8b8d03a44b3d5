import type { Plugin } from '../../spec/plugin.js';

/** Aligns every plugin of a run: one branch decides, the others follow. */
export const leaderDecides = (): Plugin => ({
  name: 'leader-decides',
  contract: 1,
  needs: () => ({ align: { of: 'all' } }),
  setup: () => ({}),
});
