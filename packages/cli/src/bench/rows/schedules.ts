import {
  type Frames,
  type GenerateResult,
  generate,
  type Ledger,
  type Plugin,
  type VideoModel,
} from '@skipstone/core';
import { demoModel } from '@skipstone/demo-model';
import { type HsaOptions, hsa } from '@skipstone/hsa';
import { psnr } from '@skipstone/report';
import type { Bench, Outcome, Row } from '../row.js';

/** What the numbers of `HSA_SCHEDULES` were chosen from. */
export const schedules: Row = {
  about:
    'demo model, Euler: PSNR of step allocations against the full run, and of fewer steps at the same share',
  measure,
};

/** Strides to compare at each share of a full run's rows. */
const STRIDES = [
  [
    0.75,
    [
      [1, 4],
      [1, 2, 4],
      [1, 2, 8],
    ],
  ],
  [
    0.5,
    [
      [1, 4],
      [1, 2, 4],
      [1, 4, 8],
    ],
  ],
  [
    0.25,
    [
      [1, 8],
      [1, 4, 20],
      [2, 4, 20],
    ],
  ],
] as const;

/** First steps at which all tokens are computed. The last step is another. */
const EARLY = [3, 5] as const;

async function* measure(bench: Bench): AsyncGenerator<Outcome> {
  const model = await demoModel();
  const steps = bench.quick ? 10 : 40;
  const prompts = (model.text?.examples ?? []).slice(0, bench.repeats);
  const make = (at: number, plugins: () => readonly Plugin[]): Promise<readonly GenerateResult[]> =>
    Promise.all(prompts.map((prompt, seed) => run(model, { prompt, seed, steps: at, plugins: plugins() })));
  bench.say(`${prompts.length} full runs of ${steps} steps`);
  const full = await make(steps, () => []);
  const against = (what: string, results: readonly GenerateResult[], note: string): Outcome => ({
    what: `schedules: ${what}`,
    unit: 'dB',
    samples: results.map((result, i) => psnr(pictures(result), pictures(full[i]))),
    note,
    details: results.map(({ ledger }, i) => rowsOf(ledger) / rowsOf(full[i]?.ledger)),
  });
  for (const [budget, lists] of STRIDES) {
    bench.say(`${100 * budget} %`);
    const fewer = Math.round(budget * steps);
    yield against(`${100 * budget} %, fewer steps`, await make(fewer, () => []), `${fewer} steps`);
    for (const strides of bench.quick ? lists.slice(0, 1) : lists) {
      for (const early of bench.quick ? EARLY.slice(0, 1) : EARLY) {
        const options = { budget, strides, ...windows(early) };
        const results = await make(steps, () => [hsa(options)]);
        const [note = ''] = results[0]?.plan.phases[0]?.outlook ?? [];
        yield against(`${100 * budget} %, strides ${strides.join(', ')}, early ${early}`, results, note);
      }
    }
  }
}

const windows = (early: number) =>
  ({ early: { steps: early }, late: { steps: 1 }, scoreSteps: [1, early - 1] }) satisfies HsaOptions;

const run = (
  model: VideoModel,
  asked: { prompt: string; seed: number; steps: number; plugins: readonly Plugin[] },
): Promise<GenerateResult> =>
  generate(model, { ...asked, sampler: 'euler', shift: 3, guidance: 4, threads: 1 }).result;

function pictures(result: GenerateResult | undefined): Frames {
  if (result?.video) return result.video;
  throw new TypeError('the demo model has a codec');
}

/** Rows of all passes together. */
const rowsOf = (ledger: Ledger | undefined): number =>
  (ledger?.passes ?? []).flatMap((pass) => Object.values(pass.rows)).reduce((a, b) => a + b, 0);
