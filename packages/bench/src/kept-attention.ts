import { CONTRACT, type Plugin } from '@skipstone/core';

export interface KeptAttentionOptions {
  /** Steps at which attention is computed: the first `early`, the last, and each `every`th. */
  readonly early: number;
  readonly every: number;
}

/**
 * Reuses what every block's self-attention added, of all tokens, between the steps that compute it. Here to
 * compare with: it saves attention and its projections, and nothing of the rest of a block.
 */
export const keptAttention = ({ early, every }: KeptAttentionOptions): Plugin => ({
  name: 'kept-attention',
  contract: CONTRACT,
  needs: ({ blocks }) => {
    const of = Array.from({ length: blocks }, (_, i) => ({
      from: i === 0 ? 'embed' : `blocks.${i - 1}`,
      to: `blocks.${i}.attended`,
      decided: 'before' as const,
    }));
    return {
      blocks: true,
      jumps: of,
      outputs: of.map(({ to }) => to),
      caches: Object.fromEntries(of.map(({ to }, i) => [`added.${i}`, { rowsOf: to }])),
    };
  },
  setup: ({ tokenCache, kernels, spec, steps, from }) => {
    const added = Array.from({ length: spec.blocks }, (_, i) => tokenCache(`added.${i}`));
    const computes = (step: number): boolean =>
      step === from || step < early || step >= steps - 1 || step % every === 0;
    return {
      block: async (call, next) => {
        const { index, hidden, cursor } = call;
        const [cache, attended] = [added[index], `blocks.${index}.attended`];
        if (!cache) return next(call);
        const reuse = await call.decide('reuse', () => !computes(call.step) && cache.covers(call));
        if (reuse) {
          await cursor.jump(attended, kernels.add(hidden, cache.read(call)));
          return next(call);
        }
        // The block runs as a whole; its attention is read behind it.
        const out = await next(call);
        cache.write(call, kernels.sub(await cursor.advance(attended), hidden));
        return out;
      },
    };
  },
});
