import {
  type Checked,
  checkSchedule,
  type Golden,
  goldenSchedule,
  parseFields,
  type Verifier,
} from '@skipstone/core/testing';
import { z } from 'zod';
import { checkRun, goldenRun, RUN_INPUTS } from './golden-run.js';
import { isWan, openGoldenWan } from './golden-wan.js';
import { refuseVariants, runFields, solvingOf } from './run-fields.js';

const schema = z.strictObject(runFields);

/** A whole denoising run with guidance. */
export const runVerifier: Verifier = {
  name: 'Wan2.1 text to video, run',
  kind: 'run',
  accepts: isWan,
  verify: verifyRun,
};

async function* verifyRun(golden: Golden): AsyncGenerator<Checked> {
  refuseVariants(golden);
  const model = await openGoldenWan(golden, RUN_INPUTS);
  const fields = parseFields(golden, schema);
  const schedule = goldenSchedule(golden, fields);
  const solving = solvingOf(golden, fields);
  yield* checkSchedule(golden, schedule);
  const run = await goldenRun(golden, model, schedule.schedule, solving);
  yield* checkRun(golden, run, fields.steps);
}
