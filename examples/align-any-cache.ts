/** A step cache that knows nothing of guidance, and `cfgAlign()`, which knows nothing of the cache. */

import { cfgAlign } from '@skipstone/cfg-align';
import { generate, type Plugin, stepCache } from '@skipstone/core';
import { demoModel } from '@skipstone/demo-model';

/** Goes on with what the later blocks added last while what leaves block 0 has changed little since then. */
const firstBlockCache = (threshold: number): Plugin =>
  stepCache({
    name: 'first-block-cache',
    looksAt: { at: 'blocks.0', since: 'computed' },
    keeps: { from: 'blocks.0' },
    rule: () => ({
      first: null,
      answer: (_, { change }) => ({ reuse: change < threshold, signal: change, threshold }),
      settle: () => null,
    }),
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
