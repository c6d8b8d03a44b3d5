import {
  type Checked,
  checkSchedule,
  compare,
  type Golden,
  goldenSchedule,
  parseFields,
  type Verifier,
} from '@skipstone/core/testing';
import { z } from 'zod';
import { checkRun, goldenRun, RUN_INPUTS } from './golden-run.js';
import { isWan, openGoldenWan } from './golden-wan.js';
import { refuseVariants, runFields, solvingOf } from './run-fields.js';
import { spearman } from './spearman.js';
import { ORACLE, PROXIES, traceDrift } from './trace-drift.js';

const schema = z.strictObject({
  ...runFields,
  rho: z.strictObject(Object.fromEntries(PROXIES.map((proxy) => [proxy, z.number()]))),
  warmup_steps: z.int().min(0),
});

/** A rank correlation is a ratio of small whole numbers: it agrees to rounding, or some rank differs. */
const RHO_LIMIT = 1e-9;

/** An uncached run with the drift of each proxy and of the stack's residual, and their rank correlation. */
export const traceVerifier: Verifier = {
  name: 'Wan2.1 text to video, trace',
  kind: 'trace',
  accepts: isWan,
  verify: verifyTrace,
};

async function* verifyTrace(golden: Golden): AsyncGenerator<Checked> {
  refuseVariants(golden);
  const model = await openGoldenWan(golden, RUN_INPUTS);
  const fields = parseFields(golden, schema);
  const schedule = goldenSchedule(golden, fields);
  const solving = solvingOf(golden, fields);
  yield* checkSchedule(golden, schedule);
  const drifts = new Map<string, number[]>([...PROXIES, ORACLE].map((series) => [series, []]));
  const plugin = traceDrift((series, drift) => drifts.get(series)?.push(drift));
  const run = await goldenRun(golden, model, schedule.schedule, solving, [plugin]);
  yield* checkRun(golden, run, fields.steps);
  for (const [series, data] of drifts) {
    const name = `series.${series}`;
    yield compare(name, { shape: [data.length], data }, await golden.reference(name));
  }
  yield* checkRho(fields, drifts);
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
