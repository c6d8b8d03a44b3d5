import type { Plugin } from '@skipstone/core';
import { groupedReuse, middleSkip } from '@skipstone/core/testing';

/** Half of the tokens every second step, on the toy. */
export const grouped = (): Plugin =>
  groupedReuse({
    tap: 'blocks.0.attn_out',
    reuse: Array.from({ length: 12 }, (_, i) => i % 2 === 1),
    groups: { video: Int32Array.from({ length: 12 }, (_, i) => i % 2), audio: Int32Array.from([0, 1, 1]) },
    strides: [1, 2],
    early: 3,
    late: 1,
  });

/** The middle blocks at every second step, on the toy. */
export const skipping = (): Plugin => {
  const skips = Array.from({ length: 12 }, (_, i) => i > 3 && i % 2 === 0);
  return middleSkip({ from: 'blocks.0', to: 'blocks.2', skips, decided: 'inside' });
};
