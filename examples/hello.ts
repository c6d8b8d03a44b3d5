/** A video from a prompt: three lines, and what they give. */
import { generate } from '@skipstone/core';
import { demoModel } from '@skipstone/demo-model';

const { video, ledger } = await generate(await demoModel(), {
  prompt: 'a red circle moves right slowly near a blue ring over a checkered brown backdrop',
  steps: 6,
}).result;

console.log(
  `${video?.rgba.length} frames of ${video?.width}×${video?.height}, ${ledger.passes.length} passes`,
);
