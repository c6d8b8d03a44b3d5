import { cfgAlign } from '@skipstone/cfg-align';
import type { GenerateResult, Plugin } from '@skipstone/core';
import { demoModel, examplePrompts } from '@skipstone/demo-model';
import { galaxyCache } from '@skipstone/galaxy-cache';
import { hsa } from '@skipstone/hsa';
import { interval, psnr, ssim } from '@skipstone/report';
import { demoRun, framesOf } from '../demo-run.js';
import type { Bench, Outcome, Row } from '../row.js';

const TAP = 'cross_attn_out';

/** No calibration and no sweep of schedules has seen the prompts of this seed. */
const PROMPTS = { count: 20, seed: 2026 } as const;

const STEPS = 40;

/** Shares of a full run's work. */
const BUDGETS = [0.75, 0.5, 0.25] as const;

/** What the same time buys: token budgets, proxy reuse, both together, and fewer steps. */
export const budgets: Row = {
  about: `demo model, Euler, 40 steps: PSNR and SSIM at ${BUDGETS.map((b) => 100 * b).join(', ')} % of the work, 20 prompts`,
  measure,
};

interface Way {
  readonly steps: number;
  readonly plugins: () => readonly Plugin[];
}

async function* measure(bench: Bench): AsyncGenerator<Outcome> {
  const model = await demoModel();
  const prompts = examplePrompts(bench.quick ? 1 : PROMPTS.count, PROMPTS.seed);
  const found = new Map<string, Point[]>();
  for (const [i, prompt] of prompts.entries()) {
    bench.say(`prompt ${i + 1} of ${prompts.length}`);
    const run = ({ steps, plugins }: Way) => demoRun(model, { prompt, seed: i, steps, plugins: plugins() });
    const full = await run({ steps: STEPS, plugins: () => [] });
    for (const budget of bench.quick ? [0.5] : BUDGETS) {
      for (const [name, way] of Object.entries(waysOf(budget))) {
        const what = `${100 * budget} %, ${name}`;
        found.set(what, [...(found.get(what) ?? []), compare(await run(way), full)]);
      }
    }
  }
  for (const [what, points] of found) yield outcome(what, points);
}

/** Ways to spend a share of the work of a full run. */
function waysOf(budget: number): Readonly<Record<string, Way>> {
  const reuse = (speedup: number): Plugin => galaxyCache({ tap: TAP, threshold: 0.1, target: { speedup } });
  const part = Math.sqrt(budget);
  return {
    'fewer steps': { steps: Math.round(budget * STEPS), plugins: () => [] },
    hsa: { steps: STEPS, plugins: () => [hsa({ budget })] },
    'galaxy-cache': { steps: STEPS, plugins: () => [cfgAlign(), reuse(1 / budget)] },
    both: { steps: STEPS, plugins: () => [cfgAlign(), hsa({ budget: part }), reuse(1 / part)] },
  };
}

interface Point {
  /** dB. */
  readonly psnr: number;
  readonly ssim: number;
  /** Time inside the runtime, over that of the full run. */
  readonly time: number;
}

function compare(one: GenerateResult, full: GenerateResult): Point {
  const time = (of: GenerateResult): number => of.runs.reduce((sum, { ms }) => sum + ms, 0);
  return {
    psnr: psnr(framesOf(one), framesOf(full)),
    ssim: ssim(framesOf(one), framesOf(full)),
    time: time(one) / time(full),
  };
}

function outcome(what: string, points: readonly Point[]): Outcome {
  const of = (key: keyof Point, digits: number): string => {
    const { mean, low, high } = interval(points.map((point) => point[key]));
    return `${mean.toFixed(digits)} (${low.toFixed(digits)}–${high.toFixed(digits)})`;
  };
  return {
    what: `budgets: ${what}`,
    unit: 'dB',
    samples: points.map((point) => point.psnr),
    note: `PSNR ${of('psnr', 1)} dB, SSIM ${of('ssim', 3)}, time ${of('time', 2)} of the full run`,
    details: points,
  };
}
