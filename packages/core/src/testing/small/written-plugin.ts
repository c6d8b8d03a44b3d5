import { CONTRACT, type Hooks, type Needs, type Plugin, type Setup } from '../../spec/plugin.js';

/** A plugin written on the spot. */
export const plugin = (name: string, setup: (run: Setup) => Hooks, needs: Needs = {}): Plugin => ({
  name,
  contract: CONTRACT,
  needs: () => needs,
  setup,
});

/** Keeps the trunk's residual and decides by a list whether to add it again. */
export const residual = (reuse: (step: number) => boolean, needs: Needs = { align: { of: 'own' } }): Plugin =>
  plugin(
    'residual',
    ({ tokenCache, kernels }) => {
      const kept = tokenCache('residual');
      return {
        trunk: async (call, next) => {
          const again = await call.decide('reuse', (note) => {
            note({ reason: 'list' });
            return reuse(call.step) && kept.covers(call);
          });
          if (again) return kernels.add(call.hidden, kept.read(call));
          const out = await next(call);
          kept.write(call, kernels.sub(out, call.hidden));
          return out;
        },
      };
    },
    { cuts: ['trunk'], caches: { residual: { rowsOf: 'trunk' } }, ...needs },
  );
