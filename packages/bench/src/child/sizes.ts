import { generate, type Plan, type VideoModel } from '@skipstone/core';
import { anonymousMemory, watchMemory } from '../memory.js';
import { sizeOf } from '../published/claimed-shapes.js';
import { answerTask } from './child.js';
import { type MadeUpRun, madeUpRun } from './made-up-run.js';

export interface SizesTask extends MadeUpRun {
  /** Whose tensors are in the folder. */
  readonly published: string;
  readonly folder: string;
  /** The same run so many times, each with sessions of its own. */
  readonly times: number;
}

export interface SizesAnswer {
  /** What the model was taken for, and the values of its tensors. */
  readonly name: string;
  readonly parameters: number;
  /** Seconds until headers were read and every tensor was claimed. */
  readonly openS: number;
  /** Seconds inside the runtime of each step; of each run. */
  readonly stepS: readonly (readonly number[])[];
  /** Bytes of anonymous memory before anything was opened, and at most until the first run's end. */
  readonly before: number | undefined;
  readonly peak: number | undefined;
  /** Bytes resident at most, file pages among them. */
  readonly resident: number;
  /** Bytes of the plan's biggest moment, file pages left out, and what it is made of. */
  readonly planned: number;
  readonly lines: Readonly<Record<string, number>>;
  /** Latents of the first run, all streams, and whether every run gave these. */
  readonly latents: readonly number[];
  readonly same: boolean;
}

answerTask(measure);

/** Opens a checkpoint as a user would and runs it on a small grid. */
async function measure({ published, folder, times, ...run }: SizesTask): Promise<SizesAnswer> {
  const before = anonymousMemory();
  const memory = watchMemory();
  const began = performance.now();
  const { PUBLISHED } = await import('../published/published-models.js');
  const model = await PUBLISHED.find(({ name }) => name === published)?.open(folder);
  if (!model) throw new TypeError(`${published} is published`);
  const openS = (performance.now() - began) / 1000;
  const first = await ran(model, run);
  const { plan, latents } = first;
  // What a later run finds in the heaps of earlier ones is not of its plan.
  const peak = memory.stop();
  const runs = [first];
  while (runs.length < times) runs.push(await ran(model, run));
  return {
    ...{ name: model.name, parameters: parametersOf(model), openS, before, latents },
    stepS: runs.map((one) => one.stepS),
    peak,
    resident: 1024 * process.resourceUsage().maxRSS,
    planned: plan.peakBytes,
    lines: Object.fromEntries(plan.memory.map(({ what, kind, bytes }) => [`${what} (${kind})`, bytes])),
    same: runs.every((one) => one.latents.every((value, i) => Object.is(value, latents[i]))),
  };
}

interface Ran {
  readonly stepS: readonly number[];
  readonly plan: Plan;
  readonly latents: readonly number[];
}

async function ran(model: VideoModel, run: MadeUpRun): Promise<Ran> {
  const running = generate(model, madeUpRun(model, run));
  const stepS: number[] = [];
  for await (const event of running) {
    // A step between equal noise levels runs nothing.
    if (event.type === 'step' && event.ms > 0) stepS.push(event.ms / 1000);
  }
  const { latents, plan } = await running.result;
  return { stepS, plan, latents: Object.values(latents).flatMap(({ data }) => Array.from(data, Number)) };
}

function parametersOf({ phases }: VideoModel): number {
  const tensors = phases.flatMap(({ model }) => [...model.checkpoint.tensors.values()]);
  return tensors.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}
