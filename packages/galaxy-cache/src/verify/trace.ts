import { type Checked, compare, type Golden, type GoldenMethod, parseFields } from '@skipstone/golden';
import { z } from 'zod';
import { spearman } from '../calibration/spearman.js';
import { ORACLE, traceDrift } from '../calibration/trace-drift.js';

const fields = {
  steps: z.int().positive(),
  rho: z.record(z.string().min(1), z.number()),
  warmup_steps: z.int().min(0),
};
const schema = z.object(fields);

/** A rank correlation is a ratio of small whole numbers: it agrees to rounding, or some rank differs. */
const RHO_LIMIT = 1e-9;

/** An uncached run with the drift of each proxy and of the stack's residual, and their rank correlation. */
export const trace: GoldenMethod = {
  name: 'trace',
  kind: 'trace',
  accepts: () => true,
  fields,
  inputs: [],
  prepare: async (golden) => {
    const given = parseFields(golden, schema);
    const taps = Object.keys(given.rho);
    const drifts = new Map<string, number[]>([...taps, ORACLE].map((series) => [series, []]));
    const plugin = traceDrift({
      taps,
      tell: ({ kind, branch, series, value }) => {
        if (kind === 'change' && branch === LEADER) drifts.get(series)?.push(value);
      },
    });
    return { plugins: [plugin], check: () => checkSeries(golden, given, drifts) };
  },
};

/** The branch the recordings were made on. */
const LEADER = 'cond';

async function* checkSeries(
  golden: Golden,
  given: z.infer<typeof schema>,
  drifts: ReadonlyMap<string, readonly number[]>,
): AsyncGenerator<Checked> {
  for (const [series, data] of drifts) {
    const name = `series.${series}`;
    yield compare(name, { shape: [data.length], data }, await golden.reference(name));
  }
  yield* checkRho(given, drifts);
}

/** ρ over the pairs whose later step is at or after the warm-up, a fifth of the steps. */
function* checkRho(
  { rho, steps, warmup_steps: warmup }: z.infer<typeof schema>,
  drifts: ReadonlyMap<string, readonly number[]>,
): Generator<Checked> {
  const first = Math.ceil(0.2 * steps);
  const one = (value: number) => ({ shape: [], data: [value] });
  yield compare('warmup_steps', one(first), one(warmup), 0);
  // Drift j is that of the pair (j, j + 1).
  const late = (series: string) => (drifts.get(series) ?? []).slice(Math.max(first - 1, 0));
  for (const [proxy, want] of Object.entries(rho)) {
    yield compare(`rho.${proxy}`, one(spearman(late(proxy), late(ORACLE))), one(want), RHO_LIMIT);
  }
}
