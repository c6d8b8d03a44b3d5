import {
  computedShare,
  type Frames,
  type GenerateOptions,
  generate,
  type JsonOptions,
  type Ledger,
  type Plugin,
  type VideoModel,
} from '@skipstone/core';
import type { Prompt } from './prompts.js';

/** A real run, and what it cost. */
export interface MeasuredRun {
  readonly video: Frames | undefined;
  readonly ledger: Ledger;
  /** Operations of the run over those of one without plugins, 0 to 1. */
  readonly work: number;
  /** The same of each step. */
  readonly stepWork: readonly number[];
  /** First steps of phases: they also compute what is computed once for each. */
  readonly begins: readonly number[];
  /** Milliseconds of the steps inside the runtime. */
  readonly ms: number;
}

export interface RunRequest {
  readonly model: VideoModel;
  readonly options: JsonOptions;
  readonly prompt: Prompt;
  readonly seed: number;
  readonly plugins?: readonly Plugin[];
  readonly signal?: AbortSignal;
}

/** Makes a video and measures it. */
export async function measuredRun(request: RunRequest): Promise<MeasuredRun> {
  const { model, options, prompt, seed, plugins = [], signal } = request;
  const all: GenerateOptions = { ...options, ...prompt.options, seed, plugins, ...(signal && { signal }) };
  const run = generate(model, all);
  let ms = 0;
  for await (const event of run) if (event.type === 'step') ms += event.ms;
  const { video, ledger, plan } = await run.result;
  const { passes, whole } = computedShare(plan, ledger);
  const stepWork = new Array<number>(ledger.steps).fill(0);
  for (const [i, { step }] of ledger.passes.entries())
    stepWork[step] = (stepWork[step] ?? 0) + (passes[i] ?? 0);
  const begins = plan.phases.map(({ from }) => from);
  return { video, ledger, work: whole, stepWork, begins, ms };
}

/** Share of the steps at which the leader reused. */
export const reusedShare = (ledger: Ledger): number => reusedSteps(ledger).size / ledger.steps;

/** Steps at which the leader reused. */
export function reusedSteps({ decisions }: Ledger): ReadonlySet<number> {
  const reused = decisions.filter(
    ({ plugin, key, value, follows }) =>
      plugin === 'galaxy-cache' && key === 'reuse' && value === true && follows === undefined,
  );
  return new Set(reused.map(({ step }) => step));
}
