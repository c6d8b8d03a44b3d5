import { type Plugin, stepCache } from '@skipstone/core';

/**
 * EasyCache, arXiv:2507.02860: while the output is not expected to have moved by more than the threshold, a step is its
 * latents plus what the last computed step predicted beyond its own. The conditional branch decides for all.
 */
export const easyCache = ({ threshold = 0.05, warmup = 10 } = {}): Plugin =>
  stepCache({
    name: 'easy-cache',
    align: 'own',
    looksAt: { at: 'latents', compare: (kernels, before, now) => kernels.norm(kernels.sub(now, before)) },
    keeps: { what: 'offset' },
    warmup: { steps: warmup },
    lastSteps: 1,
    measure: async (kernels, before, now) => ({
      input: await kernels.norm(kernels.sub(now.input, before.input)),
      output: await kernels.norm(kernels.sub(now.output, before.output)),
      size: await kernels.norm(now.output),
    }),
    rule: () => ({
      first: { sum: 0, rate: 1e9 },
      answer: ({ sum, rate }, { change }) => {
        const signal = sum + rate * change;
        return { reuse: signal < threshold, signal, threshold };
      },
      settle: (was, { signal = 0 }, reuse) => ({ ...was, sum: reuse ? signal : 0 }),
      learn: (was, { input = 1, output = 0, size = 1 }) => ({ ...was, rate: output / input / size }),
    }),
  });
