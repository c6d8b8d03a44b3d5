import {
  computedShare,
  type GenerateOptions,
  generate,
  type JsonOptions,
  type Plugin,
} from '@skipstone/core';
import { type DemoModel, demoPolicies } from '@skipstone/demo-model';
import { fromPolicy, readPolicy, runSettings, sigmasOf } from '@skipstone/galaxy-cache/calibration';
import { psnr, ssim } from '@skipstone/report';
import type { Bench } from './row.js';
import { interval, sum } from './statistics.js';

/** A run held against the one that computes everything, of the same prompt and seed. */
export interface Held {
  /** dB. */
  readonly psnr: number;
  readonly ssim: number;
  /** By counting operations, over the full run; so are rows of all passes. */
  readonly work: number;
  readonly rows: number;
  /** Inside the runtime, over the full run. */
  readonly time: number;
  /** Passes that were not computed. */
  readonly reuses: number;
  readonly steps: number;
  /** What the plan expects of its plugin. */
  readonly outlook: string;
}

/** How to make a video with less. `done`: what ways before it gave for the same prompt. */
export type Way = (done: Readonly<Record<string, Held>>) => {
  readonly steps?: number;
  readonly plugins?: readonly Plugin[];
};

/** Makes each of some videos in full and in every way; gives what became of each way, video by video. */
export async function heldByWay(
  bench: Bench,
  model: DemoModel,
  videos: readonly GenerateOptions[],
  waysOf: (video: number) => Readonly<Record<string, Way>>,
): Promise<ReadonlyMap<string, readonly Held[]>> {
  const found = new Map<string, Held[]>();
  for (const [i, video] of videos.entries()) {
    bench.say(`prompt ${i + 1} of ${videos.length}: ${video.prompt}`);
    const full = await made(model, video);
    const done: Record<string, Held> = {};
    for (const [name, way] of Object.entries(waysOf(i))) {
      const held = heldAgainst(full, await made(model, { ...video, ...way(done) }));
      done[name] = held;
      found.set(name, [...(found.get(name) ?? []), held]);
    }
  }
  return found;
}

type Made = Awaited<ReturnType<typeof made>>;

async function made(model: DemoModel, options: GenerateOptions) {
  const run = generate(model, options);
  let ms = 0;
  for await (const event of run) if (event.type === 'step') ms += event.ms;
  const { video, ledger, plan } = await run.result;
  if (!video) throw new TypeError('the demo model decodes its latents');
  return {
    ...{ video, ms, steps: ledger.steps },
    operations: computedShare(plan, ledger).whole * ledger.steps,
    rows: sum(ledger.passes.flatMap((pass) => Object.values(pass.rows))),
    reuses: ledger.decisions.filter(({ key, value }) => key === 'reuse' && value === true).length,
    outlook: plan.phases[0]?.outlook?.[0] ?? '',
  };
}

const heldAgainst = (full: Made, { video, ms, operations, rows, ...rest }: Made): Held => ({
  psnr: psnr(video, full.video),
  ssim: ssim(video, full.video),
  work: operations / full.operations,
  rows: rows / full.rows,
  time: ms / full.ms,
  ...rest,
});

/** Mean and interval of what some runs have. */
export function meanText(runs: readonly Held[], of: (run: Held) => number, places: number): string {
  const { value, low, high } = interval(runs.map(of));
  return `${value.toFixed(places)} (${low.toFixed(places)} to ${high.toFixed(places)})`;
}

/** What the policy of the demo model says of a run, at its own speed-up or a given one. */
export async function demoPolicy(model: DemoModel, options: JsonOptions) {
  const policy = await readPolicy(demoPolicies['galaxy-cache']);
  const settings = runSettings(model, options);
  const run = { settings, sigmas: sigmasOf(model, settings) };
  return (speedup?: number) => fromPolicy(policy, run, speedup === undefined ? {} : { speedup });
}
