import {
  type Checked,
  checkSchedule,
  type Golden,
  type GoldenMethod,
  goldenSchedule,
  parseFields,
  type Verifier,
} from '@skipstone/golden';
import { z } from 'zod';
import { checkRun, goldenRun, RUN_INPUTS } from './golden-run.js';
import { isWanCase, openGoldenWan } from './golden-wan.js';
import { onePhase } from './phases.js';
import { refuseExperts, runFields, samplerOf } from './run-fields.js';

/** Runs a method on Wan: the run is checked here, what the method did is checked by the method. */
export const methodVerifier = (method: GoldenMethod): Verifier => ({
  name: `Wan, ${method.name}`,
  kind: method.kind,
  accepts: (golden) => isWanCase(golden) && method.accepts(golden),
  verify: (golden) => verifyMethod(golden, method),
});

async function* verifyMethod(golden: Golden, method: GoldenMethod): AsyncGenerator<Checked> {
  refuseExperts(golden);
  const model = await openGoldenWan(golden, [...RUN_INPUTS, ...method.inputs]);
  const fields = parseFields(golden, z.strictObject({ ...method.fields, ...runFields }));
  const { schedule, ...more } = goldenSchedule(golden, fields);
  const sampler = samplerOf(golden, fields);
  const { plugins, check } = await method.prepare(golden);
  yield* checkSchedule(golden, { schedule, ...more });
  const phases = onePhase(model, schedule, fields.guidance);
  const run = await goldenRun(golden, { phases, schedule, sampler, plugins });
  yield* checkRun(golden, run, fields.steps);
  yield* check(run.ledger);
}
