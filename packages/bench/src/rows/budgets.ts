import { cfgAlign } from '@skipstone/cfg-align';
import type { JsonOptions, Plugin } from '@skipstone/core';
import { demoModel, demoPolicies } from '@skipstone/demo-model';
import { galaxyCache } from '@skipstone/galaxy-cache';
import {
  fromPolicy,
  type MeasuredRun,
  measuredRun,
  promptsBeside,
  readPolicy,
  runSettings,
  sigmasOf,
} from '@skipstone/galaxy-cache/calibration';
import { hsa } from '@skipstone/hsa';
import { psnr, ssim } from '@skipstone/report';
import type { Bench, Outcome } from '../row.js';
import { interval } from '../statistics.js';

const STEPS = 40;
const SEED = 11;

/** Prompts on which the split between the two is varied. */
const SPLITS_ON = 3;

/** Shares of a full run's work. */
const BUDGETS = [0.75, 0.5, 0.25] as const;

interface Way {
  readonly steps?: number;
  readonly plugins?: readonly Plugin[];
}

/** What the same time buys: token budgets, proxy reuse, both together, and fewer steps. */
export async function* budgets(bench: Bench): AsyncGenerator<Outcome> {
  const model = await demoModel();
  const policy = await readPolicy(demoPolicies['galaxy-cache']);
  // One thread: two of these rows can run beside each other, and pictures do not depend on it.
  const options: JsonOptions = { steps: STEPS, sampler: 'euler', shift: 3, guidance: 4, threads: 1 };
  const settings = runSettings(model, options);
  const at = { settings, sigmas: sigmasOf(model, settings) };
  const { entry } = fromPolicy(policy, at);
  const reuse: Reuse = (speedup) => [cfgAlign(), galaxyCache(fromPolicy(policy, at, { speedup }).options)];
  const found = new Map<string, Point[]>();
  const prompts = promptsBeside(model, bench.quick ? 1 : 4 * bench.repeats, entry.choosing.prompts);
  for (const [i, prompt] of prompts.entries()) {
    bench.say(`prompt ${i + 1} of ${prompts.length}: ${prompt.name}`);
    const run = ({ steps = STEPS, plugins = [] }: Way): Promise<MeasuredRun> =>
      measuredRun({ model, options: { ...options, steps }, prompt, seed: SEED, plugins });
    const full = await run({});
    for (const budget of bench.quick ? [0.5] : BUDGETS) {
      const ways = { ...waysOf(budget, reuse), ...(i < SPLITS_ON ? splitsOf(budget, reuse) : {}) };
      for (const [name, way] of Object.entries(ways)) {
        const what = `${100 * budget} %, ${name}`;
        found.set(what, [...(found.get(what) ?? []), compare(await run(way), full)]);
      }
    }
  }
  for (const [what, points] of found) yield outcome(what, points);
}

type Reuse = (speedup: number) => readonly Plugin[];

function waysOf(budget: number, reuse: Reuse): Readonly<Record<string, Way>> {
  return {
    'fewer steps': { steps: Math.round(budget * STEPS) },
    hsa: { plugins: [hsa({ budget })] },
    'galaxy-cache': { plugins: reuse(1 / budget) },
    both: both(budget, 0.5, reuse),
  };
}

/** Who does how much where both work together. */
const splitsOf = (budget: number, reuse: Reuse): Readonly<Record<string, Way>> => ({
  'both, hsa most': both(budget, 0.75, reuse),
  'both, galaxy-cache most': both(budget, 0.25, reuse),
});

/** Tokens take `part` of the factor, reuse of steps takes the rest. */
const both = (budget: number, part: number, reuse: Reuse): Way => ({
  plugins: [hsa({ budget: budget ** part }), ...reuse(budget ** (part - 1))],
});

interface Point {
  /** dB. */
  readonly psnr: number;
  readonly ssim: number;
  /** By counting operations, over the full run. */
  readonly work: number;
  /** Inside the runtime, over the full run. */
  readonly time: number;
}

function compare(one: MeasuredRun, full: MeasuredRun): Point {
  if (!one.video || !full.video) throw new TypeError('the demo model decodes its latents');
  const [video, want] = [one.video, full.video];
  return {
    psnr: psnr(video, want),
    ssim: ssim(video, want),
    work: (one.work * one.ledger.steps) / (full.work * full.ledger.steps),
    time: one.ms / full.ms,
  };
}

function outcome(what: string, points: readonly Point[]): Outcome {
  const of = (key: keyof Point, digits: number): string => {
    const { value: mean, low, high } = interval(points.map((point) => point[key]));
    return `${mean.toFixed(digits)} (${low.toFixed(digits)}–${high.toFixed(digits)})`;
  };
  return {
    what: `budgets: ${what}`,
    unit: 'dB',
    samples: points.map((point) => point.psnr),
    note: `${points.length} prompts: PSNR ${of('psnr', 1)} dB, SSIM ${of('ssim', 3)}, work ${of('work', 2)} and time ${of('time', 2)} of the full run`,
    details: points,
  };
}
