import { generate } from '@skipstone/core';
import { anonymousMemory, watchMemory } from '../memory.js';
import { answerTask } from './child.js';
import { madeUpRun } from './made-up-run.js';

export interface OpeningTask {
  readonly folder: string;
  /** Pixels of the picture; a token is 16×16. */
  readonly side: number;
}

export interface OpeningTimes {
  /** Seconds from nothing to headers read and claimed; to the plan made; to the first run of a session. */
  readonly openS: number;
  readonly planS: number;
  readonly readyS: number;
  /** Seconds inside the runtime for the first forward. */
  readonly forwardS: number;
  /** Bytes of anonymous memory: before, at most, and after everything was released. */
  readonly before: number | undefined;
  readonly peak: number | undefined;
  readonly after: number | undefined;
}

answerTask(opening);

/** Opens a checkpoint and computes one step of one branch, as `generate` does. */
async function opening({ folder, side }: OpeningTask): Promise<OpeningTimes> {
  const before = anonymousMemory();
  const memory = watchMemory();
  const began = performance.now();
  const since = (): number => (performance.now() - began) / 1000;
  const model = await (await import('@skipstone/models-wan')).openWan(folder);
  const openS = since();
  const asked = { side, frames: 1, steps: 1, guided: false, weights: 'mapped' } as const;
  const run = generate(model, madeUpRun(model, asked));
  let [planS, doneS, forwardS] = [0, 0, 0];
  for await (const event of run) {
    if (event.type === 'plan') planS = since();
    if (event.type === 'step') [doneS, forwardS] = [since(), event.ms / 1000];
  }
  await run.result;
  const peak = memory.stop();
  const after = anonymousMemory();
  return { openS, planS, readyS: doneS - forwardS, forwardS, before, peak, after };
}
