/** A plugin in twenty lines: every second step after a warm-up reuses what the trunk added last time. */
import { generate, type Plugin } from '@skipstone/core';
import { demoModel } from '@skipstone/demo-model';

const everySecond = (warmup: number): Plugin => ({
  name: 'every-second',
  contract: 1,
  needs: () => ({ cuts: ['embed'], align: { of: 'own' }, caches: { residual: { rowsOf: 'trunk' } } }),
  setup: ({ tokenCache, kernels }) => {
    const residual = tokenCache('residual');
    return {
      trunk: async (call, next) => {
        const due = call.step >= warmup && call.step % 2 === 1;
        const reuse = await call.decide('reuse', () => due && residual.covers(call));
        if (reuse) return kernels.add(call.hidden, residual.read(call));
        const out = await next(call);
        residual.write(call, kernels.sub(out, call.hidden));
        return out;
      },
    };
  },
});

const prompt = 'a green triangle moves up quickly near an orange circle over a striped gray backdrop';
const { ledger } = await generate(await demoModel(), { prompt, steps: 8, plugins: [everySecond(2)] }).result;
for (const { step, branch, value, follows } of ledger.decisions) {
  console.log(
    `step ${step} ${branch}: ${value ? 'reuse' : 'compute'}${follows ? ` (follows ${follows})` : ''}`,
  );
}
