import { denoise, type OpenModel, only, quantisedWeights } from '@skipstone/core';
import type { Subject } from '@skipstone/core/testing';
import { openWan } from '@skipstone/models-wan';
import { runRequest } from '../run-request.js';
import { normal } from '../subjects.js';
import { answerTask } from './child.js';

/** How the weights of a run are kept. */
export interface WeightsForm {
  /** Absent for the checkpoint's own. */
  readonly bits?: 8 | 4;
  readonly block?: number;
  readonly weights: 'mapped' | 'packed';
  /** `accuracy_level` of quantised products; core's own unless given. */
  readonly level?: number;
}

export interface QuantisedTask extends WeightsForm {
  /** The model's folder, and that of its sidecars. */
  readonly folder: string;
  readonly cache: string;
  readonly tokens: number;
  readonly textRows: number;
}

export interface QuantisedAnswer {
  /** Bytes resident, anonymous and of files, while all sessions stand and have run: more than before them. */
  readonly addedBytes: number;
  /** The whole process at that moment. */
  readonly residentBytes: number;
  /** Milliseconds inside the runtime of each step; the first reads the text too. */
  readonly stepMs: readonly number[];
  /** The first step's prediction, `[N, P]`. */
  readonly velocity: readonly number[];
}

const STEPS = 4;

answerTask(measure);

/** Runs a few steps of one branch in this fresh process. */
async function measure(task: QuantisedTask): Promise<QuantisedAnswer> {
  const subject = await wanSubject(task);
  const request = runRequest(subject, {
    steps: STEPS,
    guidance: only(),
    settings: { weights: task.weights },
  });
  if (task.level !== undefined) setLevel(request.plan, task.level);
  const before = resident();
  const stepMs: number[] = [];
  let after = 0;
  let first: Float32Array | undefined;
  await denoise({
    ...request,
    previews: true,
    tell: (event) => {
      if (event.type === 'step') stepMs.push(event.ms);
      if (event.type === 'preview') first ??= event.latents.video?.data as Float32Array;
    },
    afterStep: () => {
      after = resident();
    },
  });
  const [from = 0, to = 0] = request.plan.request.schedule.sigmas;
  const start = request.latents.video?.data as Float32Array;
  const velocity = Array.from(first ?? [], (value, i) => (value - (start[i] ?? 0)) / (to - from));
  return { addedBytes: after - before, residentBytes: after, stepMs, velocity };
}

async function wanSubject({ folder, cache, bits, block, tokens, textRows }: QuantisedTask): Promise<Subject> {
  const video = await openWan(folder, { name: 'wan-1.3b-width' });
  const [phase] = video.phases;
  if (!phase) throw new TypeError('a model has a phase');
  const model = await inForm(phase.model, { folder: cache, bits, block });
  const side = 2 * Math.sqrt(tokens);
  const grid = { frames: 1, height: side, width: side };
  const text = normal([textRows, 4096], 2);
  const latents = { video: normal(video.latentShape(grid).video ?? [], 100) };
  return {
    name: video.name,
    models: [model],
    grid,
    lengths: { S: textRows },
    conditions: { cond: { text } },
    latents,
  };
}

interface Kept {
  readonly folder: string;
  readonly bits: 8 | 4 | undefined;
  readonly block: number | undefined;
}

async function inForm(model: OpenModel, { folder, bits, block }: Kept): Promise<OpenModel> {
  if (bits === undefined) return model;
  const { weights } = await quantisedWeights(model, {
    bits,
    folder,
    ...(block === undefined ? {} : { block }),
  });
  return { ...model, weights };
}

/** Plans are data; here one attribute of it is another, to see what it would do. */
function setLevel(plan: ReturnType<typeof runRequest>['plan'], level: number): void {
  for (const pass of plan.phases.flatMap((phase) => [...phase.passes.values()])) {
    for (const { graph } of [...pass.run, ...pass.step, ...pass.pass]) {
      for (const { op, attributes } of graph.nodes) {
        if (op === 'MatMulNBits') Object.assign(attributes, { accuracy_level: { int: level } });
      }
    }
  }
}

function resident(): number {
  global.gc?.();
  return process.memoryUsage.rss();
}
