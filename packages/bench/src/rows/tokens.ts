import { CONTRACT, type Plugin, type SomeRows } from '@skipstone/core';
import type { Bench, Outcome } from '../row.js';
import { ratios } from '../statistics.js';
import { inTurn } from '../stepped-run.js';
import { modelOf, stepsOf, wanWidthSubject } from '../subjects.js';

/** Video tokens at full length. */
const TOKENS = 2048;

/** Shares of tokens that are active. */
const SHARES = [0.05, 0.25, 0.5, 0.75] as const;

/** What a step costs that computes some tokens only, keys and values of the others from the caches. */
export async function* tokens(bench: Bench): AsyncGenerator<Outcome> {
  const subject = await wanWidthSubject(bench, bench.quick ? 256 : TOKENS);
  const count = modelOf(subject).spec.rows(subject.grid).video ?? 0;
  const cycle = [1, ...SHARES];
  const { repeats } = bench;
  bench.say(`${subject.name}, ${count} tokens, full steps and partial ones in turn, ${repeats} rounds`);
  const { wallMs } = await inTurn<string>({ repeats, warmUp: 1 }, (steps) => {
    const plugin = partial((step) => cycle[step % cycle.length] ?? 1, count);
    const some = stepsOf(subject, { steps: cycle.length * steps, plugins: [plugin] });
    // One run has several turns in a round, a share each.
    return {
      full: stepsOf(subject, { steps }),
      ...Object.fromEntries(cycle.map((share) => [`of ${share}`, some])),
    };
  });
  const over = (share: number) => ratios(wallMs[`of ${share}`] ?? [], wallMs.full ?? []);
  yield {
    what: 'all active, keys and values synced, over a plain step',
    unit: 'ratio',
    reach: { most: 1.03 },
    samples: over(1),
  };
  for (const share of SHARES) {
    yield {
      what: `${100 * share} % active over a plain step`,
      unit: 'ratio',
      reach: { most: share + 0.04 },
      samples: over(share),
    };
  }
}

/** Computes a given share of the tokens at each step, spread evenly; the others keep what they had. */
export const partial = (shareAt: (step: number) => number, count: number, rows: SomeRows = true): Plugin => ({
  name: 'partial',
  contract: CONTRACT,
  needs: () => ({ rows, caches: { velocity: { rowsOf: 'latents', per: 'run' } } }),
  setup: ({ tokenCache }) => {
    const velocity = tokenCache('velocity');
    return {
      evaluate: async (call, next) => {
        const active = Math.round(shareAt(call.step) * count);
        const rows = {
          video: Int32Array.from({ length: active }, (_, i) => Math.floor((i * count) / active)),
        };
        velocity.write({ ...call, rows }, await next({ ...call, rows }));
        return velocity.read(call);
      },
    };
  },
});
