/** Two published step caches, each in 25 lines on core's skeleton: `step-caches/easy-cache.ts` and `tea-cache.ts`. */
import { generate } from '@skipstone/core';
import { demoModel } from '@skipstone/demo-model';
import { easyCache } from './step-caches/easy-cache.js';
import { teaCache } from './step-caches/tea-cache.js';

const prompt = 'a red square moves left slowly near a white ring over a striped black backdrop';
for (const plugin of [easyCache({ threshold: 0.1, warmup: 5 }), teaCache({ threshold: 0.3 })]) {
  const { ledger } = await generate(await demoModel(), { prompt, steps: 20, plugins: [plugin] }).result;
  console.log(`${plugin.name} (C computed, r reused)`);
  for (const branch of ['cond', 'uncond']) {
    const rows = ledger.decisions.filter((row) => row.branch === branch);
    console.log(`  ${branch.padEnd(6)} ${rows.map(({ value }) => (value ? 'r' : 'C')).join('')}`);
  }
}
