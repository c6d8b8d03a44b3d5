import type { GenerateResult, Ledger, Plugin } from '@skipstone/core';
import { demoModel } from '@skipstone/demo-model';
import { type HsaOptions, hsa } from '@skipstone/hsa';
import { psnr } from '@skipstone/report';
import { demoRun, framesOf } from '../demo-run.js';
import type { Bench, Outcome } from '../row.js';

/** What to compare at each share of a full run's rows. */
const SHARES = [
  {
    budget: 0.75,
    strides: [
      [1, 2, 4],
      [1, 4],
    ],
    early: [
      [5, 1],
      [5, 3],
      [8, 4],
    ],
  },
  {
    budget: 0.5,
    strides: [
      [1, 2, 4],
      [2, 4],
    ],
    early: [
      [5, 1],
      [5, 3],
      [8, 4],
    ],
  },
  {
    budget: 0.25,
    strides: [
      [1, 4, 20],
      [2, 4, 20],
      [1, 10],
    ],
    early: [
      [5, 1],
      [5, 3],
    ],
  },
] as const;

/** What the numbers of `HSA_PRESETS` were chosen from. */
export async function* schedules(bench: Bench): AsyncGenerator<Outcome> {
  const model = await demoModel();
  const steps = bench.quick ? 20 : 40;
  const prompts = (model.text?.examples ?? []).slice(0, bench.repeats);
  const make = (at: number, plugins: () => readonly Plugin[]): Promise<readonly GenerateResult[]> =>
    Promise.all(
      prompts.map((prompt, seed) =>
        demoRun(model, { prompt, seed, steps: at, plugins: plugins(), threads: 1 }),
      ),
    );
  bench.say(`${prompts.length} full runs of ${steps} steps`);
  const full = await make(steps, () => []);
  const against = (what: string, results: readonly GenerateResult[], note?: string): Outcome => ({
    what: `schedules: ${what}`,
    unit: 'dB',
    samples: results.map((result, i) => psnr(framesOf(result), framesOf(full[i]))),
    ...(note === undefined ? {} : { note }),
    details: results.map(({ ledger }, i) => rowsOf(ledger) / rowsOf(full[i]?.ledger)),
  });
  for (const { budget, strides: lists, early } of bench.quick ? SHARES.slice(0, 2) : SHARES) {
    const share = `${100 * budget} %`;
    bench.say(share);
    const fewer = Math.round(budget * steps);
    yield against(`${share}, fewer steps`, await make(fewer, () => []), `${fewer} steps`);
    for (const strides of bench.quick ? lists.slice(0, 1) : lists) {
      for (const window of bench.quick ? early.slice(0, 1) : early) {
        const results = await make(steps, () => [hsa({ budget, strides, ...windows(window) })]);
        const [note = ''] = results[0]?.plan.phases[0]?.outlook ?? [];
        const what = `${share}, strides ${strides.join(', ')}, scored ${window[1]}–${window[0] - 1}`;
        yield against(what, results, note);
      }
    }
  }
  for (const [what, more] of bench.quick ? [] : OTHERWISE) {
    const options = { budget: 0.5, strides: [1, 2, 4], ...windows([8, 4]), ...more };
    yield against(`50 %, strides 1, 2, 4, ${what}`, await make(steps, () => [hsa(options)]));
  }
}

/** What may be done otherwise at 50 %, where groups are decided once and stay. */
const OTHERWISE: readonly (readonly [what: string, HsaOptions])[] = [
  ['ranked anew every 4 steps', { rerank: 4 }],
  ['ranked anew every 8 steps', { rerank: 8 }],
];

/** All tokens in the first `early` steps, scored from `first` on, and in the last step. */
const windows = ([early, first]: readonly [early: number, first: number]) =>
  ({ early: { steps: early }, late: { steps: 1 }, scoreSteps: [first, early - 1] }) satisfies HsaOptions;

/** Rows of all passes together. */
const rowsOf = (ledger: Ledger | undefined): number =>
  (ledger?.passes ?? []).flatMap((pass) => Object.values(pass.rows)).reduce((a, b) => a + b, 0);
