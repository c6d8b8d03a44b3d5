/** A run that is killed after step 3 and goes on from there, to the same bytes. */
import { generate, type SavedRun } from '@skipstone/core';
import { sameBytes } from '@skipstone/core/testing';
import { demoModel } from '@skipstone/demo-model';

const model = await demoModel();
const options = {
  prompt: 'a cyan circle moves down quickly near a white square over a plain gray backdrop',
  steps: 6,
  seed: 11,
};

const whole = await generate(model, options).result;

const abort = new AbortController();
let saved: SavedRun | undefined;
const killed = generate(model, {
  ...options,
  signal: abort.signal,
  afterStep: async (step, save) => {
    if (step !== 3) return;
    saved = await save();
    abort.abort();
  },
});
await killed.result.catch((error: Error) =>
  console.log(`${error.name} after step ${(saved?.step ?? 0) - 1}`),
);
if (!saved) throw new Error('nothing was saved');

const resumed = await generate(model, { ...options, resume: saved }).result;
console.log(`same bytes: ${sameBytes(resumed.latents, whole.latents)}`);
