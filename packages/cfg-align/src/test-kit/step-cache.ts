import type { Plugin } from '@skipstone/core';

/** A residual that was read: at which step, for which branch, and the step it was written at. */
export interface ResidualRead {
  readonly step: number;
  readonly branch: string;
  readonly writtenAt: number;
}

/** A step cache that knows nothing of guidance: each branch looks at a tap and reuses what it wishes to. */
export const stepCache = (
  wish: (step: number, branch: string) => boolean,
  reads: ResidualRead[] = [],
  tap = 'blocks.0.attn_out',
): Plugin => ({
  name: 'step-cache',
  contract: 1,
  needs: () => ({ cuts: [tap], caches: { residual: { rowsOf: 'trunk' } } }),
  setup: ({ tokenCache, kernels }) => {
    const residual = tokenCache('residual');
    const writtenAt = new Map<string, number>();
    return {
      trunk: async (call, next) => {
        const { step, branch } = call;
        const reuse = await call.decide('reuse', async () => {
          await call.cursor.advance(tap);
          return wish(step, branch) && residual.covers(call);
        });
        if (reuse) {
          reads.push({ step, branch, writtenAt: writtenAt.get(branch) ?? -1 });
          return kernels.add(call.hidden, residual.read(call));
        }
        const out = await next(call);
        residual.write(call, kernels.sub(out, call.hidden));
        writtenAt.set(branch, step);
        return out;
      },
    };
  },
});
