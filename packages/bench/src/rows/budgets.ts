import { cfgAlign } from '@skipstone/cfg-align';
import { demoModel } from '@skipstone/demo-model';
import { galaxyCache } from '@skipstone/galaxy-cache';
import { promptsBeside } from '@skipstone/galaxy-cache/calibration';
import { hsa } from '@skipstone/hsa';
import { demoPolicy, heldByWay, meanText, type Way } from '../held-runs.js';
import type { Bench, Outcome } from '../row.js';

const STEPS = 40;
const SEED = 11;

/** Prompts on which the split between the two is varied. */
const SPLITS_ON = 3;

/** Shares of a full run's work. */
const BUDGETS = [0.75, 0.5, 0.25] as const;

/** What the same time buys: token budgets, proxy reuse, both together, and fewer steps. */
export async function* budgets(bench: Bench): AsyncGenerator<Outcome> {
  const model = await demoModel();
  // One thread: two of these rows can run beside each other, and pictures do not depend on it.
  const options = { steps: STEPS, threads: 1 };
  const policy = await demoPolicy(model, options);
  const reuse = (speedup: number) => [cfgAlign(), galaxyCache(policy(speedup).options)];
  const { prompts } = policy().entry.choosing;
  const videos = promptsBeside(model, bench.quick ? 1 : 4 * bench.repeats, prompts).map(({ name }) => ({
    ...{ ...options, prompt: name, seed: SEED },
  }));
  const ways = (video: number): Readonly<Record<string, Way>> =>
    Object.fromEntries(
      (bench.quick ? [0.5] : BUDGETS).flatMap((budget) =>
        Object.entries(waysOf(budget, reuse, video < SPLITS_ON)).map(([name, way]) => [
          `${100 * budget} %, ${name}`,
          way,
        ]),
      ),
    );
  for (const [what, runs] of await heldByWay(bench, model, videos, ways)) {
    yield {
      what,
      unit: 'dB',
      samples: runs.map((run) => run.psnr),
      note: [
        `${runs.length} prompts: PSNR ${meanText(runs, (run) => run.psnr, 1)} dB`,
        `SSIM ${meanText(runs, (run) => run.ssim, 3)}`,
        `work ${meanText(runs, (run) => run.work, 2)} and time ${meanText(runs, (run) => run.time, 2)} of the full run`,
      ].join(', '),
      details: runs,
    };
  }
}

function waysOf(
  budget: number,
  reuse: (speedup: number) => ReturnType<typeof galaxyCache>[],
  splits: boolean,
): Readonly<Record<string, Way>> {
  // Tokens take `part` of the factor, reuse of steps takes the rest.
  const both =
    (part: number): Way =>
    () => ({ plugins: [hsa({ budget: budget ** part }), ...reuse(budget ** (part - 1))] });
  return {
    'fewer steps': () => ({ steps: Math.round(budget * STEPS) }),
    hsa: () => ({ plugins: [hsa({ budget })] }),
    'galaxy-cache': () => ({ plugins: reuse(1 / budget) }),
    both: both(0.5),
    ...(splits ? { 'both, hsa most': both(0.75), 'both, galaxy-cache most': both(0.25) } : {}),
  };
}
