/** A ledger is a schedule: run it again, or edit it and run that. Here step 5 is made to compute. */
import { generate, parseLedger } from '@skipstone/core';
import { middleSkip } from '@skipstone/core/testing';
import { demoModel } from '@skipstone/demo-model';

const model = await demoModel();
const skips = [false, false, false, true, true, true, false, true];
const plugin = () => middleSkip({ from: 'blocks.1', to: 'blocks.6', skips, decided: 'before' });
const prompt = 'a white ring moves left slowly near a red square over a plain black backdrop';
const options = { prompt, steps: 8, seed: 3 };

const first = await generate(model, { ...options, plugins: [plugin()] }).result;
const edited = parseLedger(JSON.parse(JSON.stringify(first.ledger)));
for (const row of edited.decisions) if (row.step === 5) row.value = false;
const second = await generate(model, { ...options, plugins: [plugin()], replay: edited }).result;

const skipped = (ledger: typeof first.ledger) =>
  ledger.passes.filter((pass) => pass.closed.length > 0).length;
console.log(`passes with the middle skipped: ${skipped(first.ledger)}, then ${skipped(second.ledger)}`);
