import { cfgAlign } from '@skipstone/cfg-align';
import type { Frames, JsonOptions, Plugin } from '@skipstone/core';
import { demoModel, demoPolicies } from '@skipstone/demo-model';
import { type GalaxyCacheOptions, galaxyCache } from '@skipstone/galaxy-cache';
import {
  fromPolicy,
  type MeasuredRun,
  measuredRun,
  promptsBeside,
  readPolicy,
  runSettings,
  sigmasOf,
} from '@skipstone/galaxy-cache/calibration';
import { psnr, ssim } from '@skipstone/report';
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

/** A run held against the uncached one of all steps. */
interface Held {
  readonly psnr: number;
  readonly ssim: number;
  /** By counting operations. */
  readonly speedup: number;
}

/** Runs of one prompt at one speed-up. */
interface Compared {
  readonly ways: Readonly<Record<string, Held>>;
  readonly fewer: Held;
}

/** What reuse keeps of a video at an ideal speed-up, against taking fewer steps. */
export async function* frontier(bench: Bench): AsyncGenerator<Outcome> {
  const model = await demoModel();
  const policy = await readPolicy(demoPolicies['galaxy-cache']);
  const options: JsonOptions = bench.quick ? { steps: 24, frames: 1 } : { steps: 40, threads: 1 };
  const settings = runSettings(model, options);
  const run = { settings, sigmas: sigmasOf(model, settings) };
  const chosen = SPEEDUPS.map((speedup) => ({ ...fromPolicy(policy, run, { speedup }), speedup }));
  const used = chosen.flatMap(({ entry }) => entry.choosing.prompts);
  const prompts = promptsBeside(model, bench.quick ? 2 : 4 * bench.repeats, used);
  const compared: Compared[][] = chosen.map(() => []);
  for (const [i, prompt] of prompts.entries()) {
    bench.say(`prompt ${i + 1} of ${prompts.length}: ${prompt.name}`);
    const at = { model, options, prompt, seed: SEED };
    const reference = await measuredRun(at);
    for (const [s, { speedup, options: cache }] of chosen.entries()) {
      const ways: Record<string, Held> = {};
      for (const [name, plugins] of Object.entries(WAYS)) {
        ways[name] = held(await measuredRun({ ...at, plugins: plugins(cache) }), reference);
      }
      // Rounded up: fewer steps never do less work than what they are held against was asked to.
      const steps = Math.ceil(settings.steps / speedup);
      const fewer = held(await measuredRun({ ...at, options: { ...options, steps } }), reference);
      compared[s]?.push({ ways, fewer: { ...fewer, speedup: settings.steps / steps } });
    }
  }
  for (const [s, { speedup, options: cache }] of chosen.entries()) {
    for (const way of Object.keys(WAYS))
      yield outcome(way, speedup, compared[s] ?? [], cache, settings.steps);
  }
}

function held(run: MeasuredRun, reference: MeasuredRun): Held {
  const [video, want] = [framesOf(run), framesOf(reference)];
  return { psnr: psnr(video, want), ssim: ssim(video, want), speedup: reference.work / run.work };
}

function framesOf({ video }: MeasuredRun): Frames {
  if (video) return video;
  throw new TypeError('the demo model decodes its latents');
}

/** How far a way to reuse is ahead, prompt by prompt; a miss where the interval does not lie above 0. */
function outcome(
  way: string,
  speedup: number,
  compared: readonly Compared[],
  { threshold }: GalaxyCacheOptions,
  steps: number,
): Outcome {
  const own = compared.flatMap((one) => one.ways[way] ?? []);
  const fewer = compared.map((one) => one.fewer);
  const ahead = own.map((one, i) => one.psnr - (fewer[i]?.psnr ?? Number.NaN));
  const { low, high } = interval(ahead);
  const text = (name: string, all: readonly Held[]): string => {
    const of = (key: keyof Held, places: number): string => {
      const { value, low: from, high: to } = interval(all.map((one) => one[key]));
      return `${value.toFixed(places)} (${from.toFixed(places)} to ${to.toFixed(places)})`;
    };
    return `${name} ${of('psnr', 1)} dB, SSIM ${of('ssim', 4)} at ${of('speedup', 2)}x`;
  };
  return {
    what: `frontier: ${speedup}x, ${way}, ahead of fewer steps`,
    unit: 'dB',
    reach: { least: 0 },
    samples: ahead,
    ...(low > 0 ? {} : { failed: true }),
    note: [
      text(way, own),
      text(`${Math.ceil(steps / speedup)} of ${steps} steps`, fewer),
      `ahead by ${low.toFixed(1)} to ${high.toFixed(1)} dB; threshold ${threshold}, ${own.length} prompts`,
    ].join('; '),
    details: { threshold, own, fewer },
  };
}
