import { type GenerateResult, generate } from '@skipstone/core';
import type { VideoJob } from './video-job.js';

export interface TimedResult {
  readonly result: GenerateResult;
  /** Milliseconds of each step that was run, inside the runtime. */
  readonly stepMs: readonly number[];
}

/** The same video without plugins: what a run is compared with. */
export async function referenceRun(job: VideoJob): Promise<TimedResult> {
  const { model, settings, inputs, outputs, signal, progress } = job;
  const { replay: _, resume: __, ...same } = inputs;
  const run = generate(model, {
    ...settings.options,
    ...same,
    seed: outputs.seed,
    signal,
  });
  const stepMs: number[] = [];
  progress.note('reference: the same without plugins');
  progress.begin(settings.options.steps ?? model.defaults.steps, 0);
  try {
    for await (const event of run) {
      if (event.type !== 'step') continue;
      stepMs.push(event.ms);
      progress.step(event.done, event.ms, event.etaMs);
    }
  } finally {
    progress.end();
  }
  return { result: await run.result, stepMs };
}
