import { computedShare, type GenerateResult, type Plugin } from '@skipstone/core';
import { demoModel } from '@skipstone/demo-model';
import { hsa } from '@skipstone/hsa';
import { psnr } from '@skipstone/report';
import { demoRun, framesOf } from '../demo-run.js';
import { keptAttention } from '../kept-attention.js';
import type { Bench, Outcome } from '../row.js';

/** Rows computed as under `hsa-50`, and one thing done otherwise. */
const OTHERWISE: Readonly<Record<string, () => Plugin>> = {
  'hsa-50': () => hsa(),
  'hsa-50, ranked anew every 4 steps': () => hsa({ rerank: 4 }),
  'hsa-50, no sync': () => hsa({ sync: 'none' }),
  'hsa-50, the leading branch only': () => hsa({ sync: 'leader' }),
};

/** Steps from one computed attention to the next. It is half of the work: so 50 % are out of its reach. */
const EVERY = [2, 4, 8] as const;

/** What heterogeneous step allocation is compared with: each thing it does, done otherwise. */
export async function* alternatives(bench: Bench): AsyncGenerator<Outcome> {
  const model = await demoModel();
  const steps = bench.quick ? 12 : 40;
  const prompts = (model.text?.examples ?? []).slice(0, bench.repeats);
  const make = async (plugin?: () => Plugin): Promise<readonly GenerateResult[]> => {
    const results: GenerateResult[] = [];
    for (const [seed, prompt] of prompts.entries())
      results.push(await demoRun(model, { prompt, seed, steps, plugins: plugin ? [plugin()] : [] }));
    return results;
  };
  bench.say(`${prompts.length} full runs of ${steps} steps`);
  const full = await make();
  const compare = async (what: string, plugin: () => Plugin): Promise<Compared> => {
    bench.say(what);
    const results = await make(plugin);
    const shares = results.map(({ plan, ledger }) => computedShare(plan, ledger).whole);
    const share = shares.reduce((sum, one) => sum + one, 0) / shares.length;
    return {
      share,
      outcome: {
        what: `alternatives: ${what}`,
        unit: 'dB',
        samples: results.map((result, i) => psnr(framesOf(result), framesOf(full[i]))),
        note: `${(100 * share).toFixed(1)} % of the work`,
        details: shares,
      },
    };
  };
  for (const [what, plugin] of Object.entries(OTHERWISE)) yield (await compare(what, plugin)).outcome;
  for (const every of bench.quick ? EVERY.slice(0, 1) : EVERY) {
    const kept = `attention every ${every} steps`;
    // Everything is computed in as many first steps as under hsa-50.
    const { share, outcome } = await compare(kept, () =>
      keptAttention({ early: Math.round(steps / 5), every }),
    );
    yield outcome;
    yield (await compare(`hsa, the work of ${kept}`, () => hsa({ budget: share }))).outcome;
  }
}

interface Compared {
  /** Share of the work of a full run, 0 to 1. */
  readonly share: number;
  readonly outcome: Outcome;
}
