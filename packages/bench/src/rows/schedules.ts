import { demoModel } from '@skipstone/demo-model';
import { type HsaOptions, hsa } from '@skipstone/hsa';
import { heldByWay, type Way } from '../held-runs.js';
import type { Bench, Outcome } from '../row.js';

type Window = readonly [early: number, first: number];

/** What to compare at each share of a full run's rows … */
const STRIDES = [
  { budget: 0.75, strides: [1, 2, 4] },
  { budget: 0.75, strides: [1, 4] },
  { budget: 0.5, strides: [1, 2, 4] },
  { budget: 0.5, strides: [2, 4] },
  { budget: 0.25, strides: [1, 4, 20] },
  { budget: 0.25, strides: [2, 4, 20] },
  { budget: 0.25, strides: [1, 10] },
] as const;

/** … each in these windows; the last spends too much on full steps for the smallest share. */
const EARLY: readonly Window[] = [
  [5, 1],
  [5, 3],
  [8, 4],
];

/** What the numbers of `HSA_PRESETS` were chosen from. */
export async function* schedules(bench: Bench): AsyncGenerator<Outcome> {
  const model = await demoModel();
  const steps = bench.quick ? 20 : 40;
  const videos = model.text.examples.slice(0, bench.repeats).map((prompt, seed) => ({ prompt, seed, steps }));
  const ways = Object.fromEntries(waysOf(bench.quick, steps));
  for (const [what, runs] of await heldByWay(bench, model, videos, () => ways)) {
    yield {
      what,
      unit: 'dB',
      samples: runs.map((run) => run.psnr),
      note: runs[0]?.outlook || `${runs[0]?.steps} steps`,
      details: runs,
    };
  }
}

function* waysOf(quick: boolean, steps: number): Generator<readonly [string, Way]> {
  const few = <Item>(all: readonly Item[], most: number) => (quick ? all.slice(0, most) : all);
  for (const budget of few([0.75, 0.5, 0.25], 2)) {
    const lists = STRIDES.filter((one) => one.budget === budget);
    const share = `${100 * budget} %`;
    yield [`${share}, fewer steps`, () => ({ steps: Math.round(budget * steps) })];
    for (const { strides } of few(lists, 1)) {
      for (const window of few(budget === 0.25 ? EARLY.slice(0, 2) : EARLY, 1)) {
        const what = `${share}, strides ${strides.join(', ')}, scored ${window[1]}–${window[0] - 1}`;
        yield [what, () => ({ plugins: [hsa({ budget, strides, ...windows(window) })] })];
      }
    }
  }
  // What may be done otherwise at 50 %, where groups are decided once and stay.
  for (const rerank of few([4, 8], 0)) {
    const options = { budget: 0.5, strides: [1, 2, 4], ...windows([8, 4]), rerank };
    yield [`50 %, strides 1, 2, 4, ranked anew every ${rerank} steps`, () => ({ plugins: [hsa(options)] })];
  }
}

/** All tokens in the first `early` steps, scored from `first` on, and in the last step. */
const windows = ([early, first]: Window) =>
  ({ early: { steps: early }, late: { steps: 1 }, scoreSteps: [first, early - 1] }) satisfies HsaOptions;
