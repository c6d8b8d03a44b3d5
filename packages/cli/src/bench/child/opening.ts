import { generate, type HostTensor, type VideoModel } from '@skipstone/core';
import { openVideoModel } from '../../model/open-model.js';
import { THREADS } from '../machine.js';
import { anonymousMemory, watchMemory } from '../memory.js';
import { normal } from '../subjects.js';
import { answerTask } from './child.js';

export interface OpeningTask {
  readonly folder: string;
  /** Pixels of the picture; a token is 16×16. */
  readonly side: number;
  /** Default 1. */
  readonly frames?: number;
  /** Default 1. The time is that of the first, whatever comes after it. */
  readonly steps?: number;
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
  /** True if every value of the latents is a number. */
  readonly finite: boolean;
}

answerTask(opening);

/** Opens a checkpoint and computes a step of one branch, as `generate` does. */
async function opening({ folder, side, frames = 1, steps = 1 }: OpeningTask): Promise<OpeningTimes> {
  const before = anonymousMemory();
  const memory = watchMemory();
  const began = performance.now();
  const since = (): number => (performance.now() - began) / 1000;
  const model = await openVideoModel(folder);
  const openS = since();
  const run = generate(model, {
    embeds: { cond: madeUpText(model) },
    ...{ width: side, height: side, frames, steps, guidance: noGuidance(model), seed: 1 },
    weights: 'mapped',
    threads: THREADS,
  });
  let [planS, doneS, forwardS] = [0, 0, 0];
  for await (const event of run) {
    if (event.type === 'plan') planS = since();
    if (event.type !== 'step' || doneS > 0) continue;
    [doneS, forwardS] = [since(), event.ms / 1000];
  }
  const { latents } = await run.result;
  const finite = Object.values(latents).every(({ data }) => Array.from(data, Number).every(Number.isFinite));
  const peak = memory.stop();
  const after = anonymousMemory();
  return { openS, planS, readyS: doneS - forwardS, forwardS, before, peak, after, finite };
}

/** Tokens of text: what Wan's and Cosmos' pipelines pad to. */
const TEXT_ROWS = 512;

function madeUpText({ phases }: VideoModel): Readonly<Record<string, HostTensor>> {
  const conditions = Object.entries(phases[0]?.model.spec.conditions ?? {});
  return Object.fromEntries(
    conditions.map(([name, { shape }], i) => [
      name,
      normal(
        shape.map((axis) => (typeof axis === 'number' ? axis : TEXT_ROWS)),
        i + 2,
      ),
    ]),
  );
}

/** The scale at which one branch is left. */
const noGuidance = ({ defaults }: VideoModel): number => (defaults.guidanceForm === 'cond' ? 0 : 1);
