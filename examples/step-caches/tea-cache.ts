import { type Plugin, stepCache } from '@skipstone/core';

/**
 * TeaCache, arXiv:2411.19108: a polynomial of how much the first block's modulated input changed foretells how much the
 * output did. Coefficients, highest power first, are of one model; those of the paper are for models that are not here.
 */
export const teaCache = ({ threshold = 0.1, coefficients = [1, 0], tap = 'blocks.0.attn_in' } = {}): Plugin =>
  stepCache({
    name: 'tea-cache',
    looksAt: { at: tap, compare: (kernels, before, now) => kernels.relativeL1(now, before) },
    warmup: { steps: 1 },
    lastSteps: 1,
    rule: () => ({
      first: { sum: 0 },
      answer: ({ sum }, { change }) => {
        const signal = sum + coefficients.reduce((value, c) => value * change + c, 0);
        return { reuse: signal < threshold, signal, threshold };
      },
      settle: (_, { signal = 0 }, reuse) => ({ sum: reuse ? signal : 0 }),
    }),
  });
