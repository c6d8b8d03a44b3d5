import { cfgAlign } from '@skipstone/cfg-align';
import type { Plugin } from '@skipstone/core';
import { demoModel } from '@skipstone/demo-model';
import { type GalaxyCacheOptions, galaxyCache } from '@skipstone/galaxy-cache';
import { promptsBeside } from '@skipstone/galaxy-cache/calibration';
import { demoPolicy, type Held, heldByWay, meanText } from '../held-runs.js';
import type { Bench, Outcome } from '../row.js';
import { interval } from '../statistics.js';

const SPEEDUPS = [2, 3];
const SEED = 7;

/** Ways to reuse, each at the threshold of the demo model's policy, which was chosen for the first. */
const WAYS: Readonly<Record<string, (options: GalaxyCacheOptions) => readonly Plugin[]>> = {
  aligned: (options) => [cfgAlign(), galaxyCache(options)],
  unaligned: (options) => [galaxyCache(options)],
  extrapolated: (options) => [cfgAlign(), galaxyCache({ ...options, predictor: 'extrapolated' })],
  'output space': (options) => [cfgAlign(), galaxyCache({ ...options, space: 'output' })],
};

/** What reuse keeps of a video at an ideal speed-up, against taking fewer steps. */
export async function* frontier(bench: Bench): AsyncGenerator<Outcome> {
  const model = await demoModel();
  const options = bench.quick ? { steps: 24, frames: 1 } : { steps: 40, threads: 1 };
  const policy = await demoPolicy(model, options);
  const chosen = SPEEDUPS.map((speedup) => {
    const { entry, options: cache } = policy(speedup);
    // Rounded up: fewer steps never do less work than what they are held against was asked to.
    return { speedup, used: entry.choosing.prompts, cache, steps: Math.ceil(options.steps / speedup) };
  });
  const used = chosen.flatMap((one) => one.used);
  const prompts = promptsBeside(model, bench.quick ? 2 : 4 * bench.repeats, used);
  const videos = prompts.map(({ name }) => ({ ...options, prompt: name, seed: SEED }));
  const ways = chosen.flatMap(({ speedup, cache, steps }) => [
    ...Object.entries(WAYS).map(([way, plugins]) => [
      `${speedup}x, ${way}`,
      () => ({ plugins: plugins(cache) }),
    ]),
    [`${speedup}x, fewer`, () => ({ steps })],
  ]);
  const held = await heldByWay(bench, model, videos, () => Object.fromEntries(ways));
  for (const { speedup, cache, steps } of chosen) {
    const fewer = held.get(`${speedup}x, fewer`) ?? [];
    for (const way of Object.keys(WAYS)) {
      const what = `${speedup}x, ${way}`;
      const names = [way, `${steps} of ${options.steps} steps`] as const;
      yield outcome(what, names, [held.get(what) ?? [], fewer], cache.threshold);
    }
  }
}

/** How far a way to reuse is ahead, prompt by prompt; a miss where the interval does not lie above 0. */
function outcome(
  what: string,
  names: readonly [own: string, fewer: string],
  [own, fewer]: readonly [readonly Held[], readonly Held[]],
  threshold: GalaxyCacheOptions['threshold'],
): Outcome {
  const ahead = own.map((one, i) => one.psnr - (fewer[i]?.psnr ?? Number.NaN));
  const { low, high } = interval(ahead);
  const text = (name: string, runs: readonly Held[]): string =>
    `${name} ${meanText(runs, (run) => run.psnr, 1)} dB, SSIM ${meanText(runs, (run) => run.ssim, 4)} at ${meanText(runs, (run) => 1 / run.work, 2)}x`;
  return {
    what: `${what}, ahead of fewer steps`,
    unit: 'dB',
    reach: { least: 0 },
    samples: ahead,
    failed: !(low > 0),
    note: [
      text(names[0], own),
      text(names[1], fewer),
      `ahead by ${low.toFixed(1)} to ${high.toFixed(1)} dB; threshold ${threshold}, ${own.length} prompts`,
    ].join('; '),
    details: { threshold, own, fewer },
  };
}
