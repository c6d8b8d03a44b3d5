import { CONTRACT, only, type Plugin, type SomeRows } from '@skipstone/core';
import type { Bench, Outcome } from '../row.js';
import { runRequest } from '../run-request.js';
import { interleave, ratios } from '../statistics.js';
import { steppedRun } from '../stepped-run.js';
import { wanWidthSubject } from '../subjects.js';

/** Video tokens at full length. */
const TOKENS = 2048;

/** Shares of tokens that are active. */
const SHARES = [0.05, 0.25, 0.5, 0.75] as const;

/** What a step costs that computes some tokens only, keys and values of the others from the caches. */
export async function* tokens(bench: Bench): AsyncGenerator<Outcome> {
  const subject = await wanWidthSubject(bench, bench.quick ? 256 : TOKENS);
  const [model] = subject.models;
  const count = model?.spec.rows(subject.grid).video ?? 0;
  const cycle = [1, ...SHARES];
  const repeats = bench.repeats;
  const warmUp = 1;
  const steps = cycle.length * (repeats + warmUp);
  bench.say(`wan-1.3b-width, ${count} tokens, full steps and partial ones in turn, ${repeats} rounds`);
  const run = { guidance: only(), settings: { weights: 'packed' } } as const;
  const plain = steppedRun(runRequest(subject, { ...run, steps: repeats + warmUp }));
  const some = steppedRun(
    runRequest(subject, {
      ...run,
      steps,
      plugins: [partial((step) => cycle[step % cycle.length] ?? 1, count)],
    }),
  );
  try {
    const next = async (of: typeof plain): Promise<number> => (await of.next()).wallMs;
    const parts = Object.fromEntries([
      ['full', () => next(plain)],
      ...cycle.map((share) => [String(share), () => next(some)] as const),
    ]);
    const ms = await interleave(parts, { repeats, warmUp });
    const full = ms.full ?? [];
    yield {
      what: 'tokens: all active, keys and values synced, over a plain step',
      unit: 'ratio',
      reach: { most: 1.03 },
      samples: ratios(ms['1'] ?? [], full),
    };
    for (const share of SHARES) {
      yield {
        what: `tokens: ${100 * share} % active over a plain step`,
        unit: 'ratio',
        reach: { most: share + 0.04 },
        samples: ratios(ms[String(share)] ?? [], full),
      };
    }
  } finally {
    await Promise.all([plain.abort(), some.abort()]);
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
