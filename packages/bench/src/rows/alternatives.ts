import { demoModel } from '@skipstone/demo-model';
import { hsa } from '@skipstone/hsa';
import { heldByWay, type Way } from '../held-runs.js';
import { keptAttention } from '../kept-attention.js';
import type { Bench, Outcome } from '../row.js';
import { mean } from '../statistics.js';

/** Rows computed as under `hsa-50`, and one thing done otherwise. */
const OTHERWISE: Readonly<Record<string, Way>> = {
  'hsa-50': () => ({ plugins: [hsa()] }),
  'hsa-50, ranked anew every 4 steps': () => ({ plugins: [hsa({ rerank: 4 })] }),
  'hsa-50, no sync': () => ({ plugins: [hsa({ sync: 'none' })] }),
  'hsa-50, the leading branch only': () => ({ plugins: [hsa({ sync: 'leader' })] }),
};

/** Steps from one computed attention to the next. It is half of the work: so 50 % are out of its reach. */
const EVERY = [2, 4, 8] as const;

/** What heterogeneous step allocation is compared with: each thing it does, done otherwise. */
export async function* alternatives(bench: Bench): AsyncGenerator<Outcome> {
  const model = await demoModel();
  const steps = bench.quick ? 12 : 40;
  const videos = model.text.examples.slice(0, bench.repeats).map((prompt, seed) => ({ prompt, seed, steps }));
  const attention = (bench.quick ? EVERY.slice(0, 1) : EVERY).flatMap((every): [string, Way][] => {
    const kept = `attention every ${every} steps`;
    // Everything is computed in as many first steps as under hsa-50.
    const plugin = keptAttention({ early: Math.round(steps / 5), every });
    return [
      [kept, () => ({ plugins: [plugin] })],
      [
        `hsa, the work of ${kept}`,
        (done) => ({ plugins: [hsa({ budget: done[kept]?.work ?? Number.NaN })] }),
      ],
    ];
  });
  const ways = { ...OTHERWISE, ...Object.fromEntries(attention) };
  for (const [what, runs] of await heldByWay(bench, model, videos, () => ways)) {
    yield {
      what,
      unit: 'dB',
      samples: runs.map((run) => run.psnr),
      note: `${(100 * mean(runs.map(({ work }) => work))).toFixed(1)} % of the work`,
      details: runs,
    };
  }
}
