/**
 * A plugin module as a user would write one: computes the blocks at every nth step and takes the result of
 * the step before in between. `--plugin ./every-nth.mjs:3`.
 */
export const EVERY_NTH = `
export function plugin({ values: [n = 2] }) {
  return {
    name: 'every-nth',
    contract: 1,
    needs: () => ({
      cuts: ['embed', 'trunk'],
      jumps: [{ from: 'embed', to: 'trunk', decided: 'inside' }],
      caches: { before: { rowsOf: 'trunk' } },
    }),
    setup: (run) => {
      const before = run.tokenCache('before');
      const computed = run.cell(0);
      return {
        trunk: async (call, next) => {
          const reuse = await call.decide('reuse', () => before.covers(call) && call.step % n > 0);
          if (reuse) return before.read(call);
          computed.value += 1;
          const hidden = await next(call);
          before.write(call, hidden);
          return hidden;
        },
      };
    },
  };
}
`;
