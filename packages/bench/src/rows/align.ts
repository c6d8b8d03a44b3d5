import { cfgAlign } from '@skipstone/cfg-align';
import { type Frames, generate, type Plugin, type VideoModel } from '@skipstone/core';
import { demoModel, examplePrompts } from '@skipstone/demo-model';
import { galaxyCache } from '@skipstone/galaxy-cache';
import { psnr } from '@skipstone/report';
import { aheadAtEqualWork, type WorkPoint } from '../at-equal-work.js';
import type { Bench, Outcome } from '../row.js';

const TAP = 'cross_attn_out';
const SEED = 1;

interface Setting {
  readonly scales: readonly number[];
  readonly prompts: readonly string[];
  readonly steps: number;
}

/** Sums of relative changes: aligned runs have the middle one, the others around it show what work is worth. */
const THRESHOLDS = { below: 0.15, shown: 0.25, above: 0.4 } as const;

const settingOf = (quick: boolean): Setting =>
  quick
    ? { scales: [4], prompts: examplePrompts(1, SEED), steps: 8 }
    : { scales: [1, 2, 4, 6, 8, 10], prompts: examplePrompts(3, SEED), steps: 24 };

/** Runs of one prompt. */
interface Compared {
  readonly aligned: WorkPoint;
  readonly unaligned: Readonly<Record<keyof typeof THRESHOLDS, WorkPoint>>;
}

/** What it is worth that one branch decides for both. */
export async function* align(bench: Bench): AsyncGenerator<Outcome> {
  const model = await demoModel();
  const setting = settingOf(bench.quick);
  for (const scale of setting.scales) {
    const compared: Compared[] = [];
    for (const [i, prompt] of setting.prompts.entries()) {
      bench.say(`guidance ${scale}, prompt ${i + 1} of ${setting.prompts.length}`);
      compared.push(await comparedOn(model, { prompt, guidance: scale, steps: setting.steps }));
    }
    yield* outcomes(scale, compared, setting.steps);
  }
}

async function comparedOn(
  model: VideoModel,
  asked: { readonly prompt: string; readonly guidance: number; readonly steps: number },
): Promise<Compared> {
  const options = { ...asked, seed: SEED, shift: 3 };
  const run = async (plugins: readonly Plugin[]) => {
    const { video, ledger } = await generate(model, { ...options, plugins }).result;
    if (!video) throw new TypeError('the demo model decodes its latents');
    const reuses = ledger.decisions.filter((row) => row.key === 'reuse' && row.value === true).length;
    return { video, reuses };
  };
  const full: Frames = (await run([])).video;
  const point = async (plugins: readonly Plugin[]): Promise<WorkPoint> => {
    const { video, reuses } = await run(plugins);
    return { reuses, psnr: psnr(video, full) };
  };
  const cache = (threshold: number): Plugin => galaxyCache({ tap: TAP, threshold });
  return {
    aligned: await point([cfgAlign(), cache(THRESHOLDS.shown)]),
    unaligned: {
      below: await point([cache(THRESHOLDS.below)]),
      shown: await point([cache(THRESHOLDS.shown)]),
      above: await point([cache(THRESHOLDS.above)]),
    },
  };
}

function* outcomes(scale: number, compared: readonly Compared[], steps: number): Generator<Outcome> {
  const text = (name: string, points: readonly WorkPoint[]): string => {
    const of = (value: keyof WorkPoint) => mean(points.map((point) => point[value])).toFixed(1);
    return `${name} ${of('psnr')} dB with ${of('reuses')} reuses`;
  };
  const aligned = compared.map((one) => one.aligned);
  const unaligned = compared.map((one) => one.unaligned.shown);
  yield {
    what: `align: guidance ${scale}, ahead at the same threshold`,
    unit: 'dB',
    samples: compared.map((one) => one.aligned.psnr - one.unaligned.shown.psnr),
    note: `threshold ${THRESHOLDS.shown}, ${steps} steps, means: ${text('aligned', aligned)}, ${text('unaligned', unaligned)}`,
    details: compared,
  };
  yield {
    what: `align: guidance ${scale}, ahead at as many reuses`,
    unit: 'dB',
    samples: compared.flatMap((one) => aheadAtEqualWork(one.aligned, Object.values(one.unaligned)) ?? []),
    note: `against lines between unaligned runs at thresholds ${Object.values(THRESHOLDS).join(', ')}`,
  };
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
