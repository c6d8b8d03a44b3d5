import type { Plugin } from '@skipstone/core';

/** Aligns every plugin of a run: one branch decides, the others follow. */
export const leaderDecides = (): Plugin => ({
  name: 'leader-decides',
  contract: 1,
  needs: () => ({ align: { of: 'all' } }),
  setup: () => ({}),
});
