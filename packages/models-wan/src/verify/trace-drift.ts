import type { Kernels, Plugin, Streams, TokenCache, TrunkCall } from '@skipstone/core';

/** Places in the first block whose change may foretell the stack's. */
export const PROXIES = [
  'block_in',
  'attn_in',
  'attn_out',
  'cross_attn_in',
  'cross_attn_out',
  'mlp_in',
  'mlp_out',
  'block_out',
] as const;

/** What the stack of blocks adds to the hidden state. */
export const ORACLE = 'oracle';

/**
 * Follows the relative L1 change of each proxy and of the stack's residual from step to step, on the leading
 * branch. Tells a number a step from the second on; changes nothing.
 */
export const traceDrift = (tell: (series: string, drift: number) => void): Plugin => ({
  name: 'trace-drift',
  contract: 1,
  needs: () => ({ outputs: [...PROXIES.map(stationOf), 'embed', 'trunk'] }),
  setup: ({ tokenCache, kernels }) => {
    const caches = new Map([...PROXIES, ORACLE].map((series) => [series, tokenCache()] as const));
    return {
      trunk: async (call, next) => {
        if (call.branch !== call.branches[0]) return next(call);
        for (const proxy of PROXIES) {
          const now = await call.cursor.advance(stationOf(proxy));
          await follow(caches.get(proxy), call, now, kernels, (drift) => tell(proxy, drift));
        }
        const out = await next(call);
        const residual = kernels.sub(out, call.hidden);
        await follow(caches.get(ORACLE), call, residual, kernels, (drift) => tell(ORACLE, drift));
        return out;
      },
    };
  },
});

const stationOf = (proxy: string): string => `blocks.0.${proxy}`;

async function follow(
  cache: TokenCache | undefined,
  call: TrunkCall,
  now: Streams,
  kernels: Kernels,
  tell: (drift: number) => void,
): Promise<void> {
  const drift = await cache?.swap(call, now, kernels.relativeL1);
  if (drift !== undefined) tell(drift);
}
