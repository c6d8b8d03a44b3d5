import type { Plugin } from '@skipstone/core';
import { groupedReuse, leaderDecides, middleSkip, pluginLaws, toySubject } from '@skipstone/core/testing';
import { describe, it } from 'vitest';
import { galaxyCache } from './galaxy-cache.js';
import type { GalaxyCacheOptions } from './options.js';

const skips = Array.from({ length: 12 }, (_, i) => i > 3 && i % 3 !== 0);
const groups = {
  video: Int32Array.from({ length: 12 }, (_, i) => i % 2),
  audio: Int32Array.from([0, 1, 1]),
};
const middle = (): Plugin => middleSkip({ from: 'blocks.1', to: 'blocks.3', skips, decided: 'inside' });
const grouped = (): Plugin =>
  groupedReuse({ tap: 'blocks.0.attn_out', reuse: [], groups, strides: [1, 2], early: 4, late: 1 });

/** Every option that takes another way through the code, a few at a time. */
const VARIANTS: readonly (readonly [string, Partial<GalaxyCacheOptions>, readonly (() => Plugin)[]])[] = [
  ['as in the paper', {}, [leaderDecides, grouped, middle]],
  [
    'in output space, in 8 bits',
    { space: 'output', storage: { residual: 'int8', proxy: 'int8' } },
    [leaderDecides],
  ],
  ['extrapolated, in 16 bits', { predictor: 'extrapolated', storage: { residual: 'bfloat16' } }, [middle]],
  [
    'with a target, all limits, another stream, and a tap that all branches share',
    {
      ...{ tap: 'attn_out', stream: 'audio', target: { speedup: 2 } },
      ...{ reset: 'subtract', lastSteps: 1, maxConsecutive: 2, warmup: { steps: 2 } },
    },
    [],
  ],
];

describe('the laws, on two streams, four branches and two phases', async () => {
  const subject = await toySubject();
  const laws = VARIANTS.flatMap(([name, options, others]) => {
    const on = (): Plugin => galaxyCache({ tap: 'blocks.1.attn_out', threshold: 3, ...options });
    const { target: _, ...rest } = options;
    return pluginLaws(subject, {
      name: `galaxy-cache, ${name}`,
      on,
      off: () => galaxyCache({ tap: 'blocks.1.attn_out', ...rest, threshold: 0 }),
      warmup: options.warmup ? 2 : 3,
      hit: (row) => row.plugin === 'galaxy-cache' && row.value === true,
      others,
    });
  });
  it.each(laws)('$name', (law) => law.check(), 60_000);
});
