/** Events while a run goes on: steps with time left, and every branch with the spans it ran. */
import { generate } from '@skipstone/core';
import { demoModel } from '@skipstone/demo-model';

const run = generate(await demoModel(), {
  prompt: 'a yellow square moves nowhere near a purple triangle over a dotted navy backdrop',
  steps: 4,
});
for await (const event of run) {
  if (event.type === 'branch') console.log(`  ${event.branch}: ${event.spans.join(', ')}`);
  if (event.type === 'step') {
    console.log(`step ${event.done} of ${event.steps}, ${Math.round(event.etaMs)} ms of computing left`);
  }
}
