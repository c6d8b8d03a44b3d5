/** A step cache that knows nothing of guidance, and `cfgAlign()`, which knows nothing of the cache. */

import { cfgAlign } from '@skipstone/cfg-align';
import { generate, type Plugin } from '@skipstone/core';
import { demoModel } from '@skipstone/demo-model';

/** Goes on with what the later blocks added last while what leaves block 0 has changed little since then. */
const firstBlockCache = (threshold: number): Plugin => ({
  name: 'first-block-cache',
  contract: 1,
  needs: () => ({
    cuts: ['blocks.0'],
    caches: { first: { rowsOf: 'blocks.0', per: 'decider' }, added: { rowsOf: 'trunk' } },
  }),
  setup: ({ tokenCache, kernels }) => {
    const [first, added] = [tokenCache('first'), tokenCache('added')];
    return {
      trunk: async (call, next) => {
        const reuse = await call.decide('reuse', async (note) => {
          if (!added.covers(call)) return false;
          const change = await kernels.relativeL1(first.read(call), await call.cursor.advance('blocks.0'));
          note({ signal: change, threshold });
          return change < threshold;
        });
        const now = await call.cursor.advance('blocks.0');
        if (reuse) return kernels.add(now, added.read(call));
        const out = await next(call);
        first.write(call, now);
        added.write(call, kernels.sub(out, now));
        return out;
      },
    };
  },
});

const prompt = 'a white ring moves left slowly near a red square over a plain black backdrop';
for (const plugins of [[firstBlockCache(0.12)], [cfgAlign(), firstBlockCache(0.12)]]) {
  const { ledger } = await generate(await demoModel(), { prompt, steps: 24, plugins }).result;
  console.log(`${plugins.map(({ name }) => name).join(' and ')} (C computed, r reused)`);
  for (const branch of ['cond', 'uncond']) {
    const rows = ledger.decisions.filter((row) => row.branch === branch);
    const looked = rows.filter((row) => row.follows === undefined).length;
    const did = rows.map(({ value }) => (value ? 'r' : 'C')).join('');
    console.log(`  ${branch.padEnd(6)} ${did}, decided ${looked} times itself`);
  }
}
