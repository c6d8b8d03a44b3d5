import { generate } from '@skipstone/core';
import { demoModel } from '@skipstone/demo-model';
import { THREADS } from '../machine.js';
import { answerTask } from './child.js';

export interface LeaksTask {
  readonly runs: number;
  readonly steps: number;
}

export interface LeaksAnswer {
  /** Bytes resident after each run, garbage collected. */
  readonly residentBytes: readonly number[];
}

answerTask(leaks);

/** Makes video after video in one process, each from scratch: worker, sessions, tensors. */
async function leaks({ runs, steps }: LeaksTask): Promise<LeaksAnswer> {
  const model = await demoModel();
  const prompt = model.text?.examples[0] ?? '';
  const residentBytes: number[] = [];
  for (let seed = 0; seed < runs; seed++) {
    await generate(model, { prompt, steps, seed, threads: THREADS }).result;
    global.gc?.();
    residentBytes.push(process.memoryUsage.rss());
  }
  return { residentBytes };
}
