import {
  type Checked,
  checkSchedule,
  compare,
  type Golden,
  goldenSchedule,
  parseFields,
  type Verifier,
} from '@skipstone/golden';
import { z } from 'zod';
import { givenOfRun } from './given-of-run.js';
import { checkRun, goldenRun, RUN_INPUTS } from './golden-run.js';
import { isWanCase, openGoldenWan } from './golden-wan.js';
import { expertPhases, onePhase } from './phases.js';
import { EXPERTS, expertFields, hasExperts, runFields, samplerOf } from './run-fields.js';

/** A whole denoising run with guidance: on one transformer, on two experts, or from a first frame. */
export const runVerifier: Verifier = {
  name: 'Wan, run',
  kind: 'run',
  accepts: isWanCase,
  verify: (golden) => (hasExperts(golden) ? verifyExperts(golden) : verifyRun(golden)),
};

/** What a model with a timestep per token receives at each step. */
const PER_TOKEN = 'per token: integer, truncated 1000 sigma[i]; 0 on the tokens of latent frame 0';

const schema = z.strictObject(runFields);

async function* verifyRun(golden: Golden): AsyncGenerator<Checked> {
  const given = await givenOfRun(golden);
  const model = await openGoldenWan(golden, [...RUN_INPUTS, ...given.inputs], given.traits);
  const fields = parseFields(golden, schema);
  const perToken = given.frames > 0 && fields.timesteps === PER_TOKEN;
  const words = perToken ? { timesteps: PER_TOKEN.slice('per token: '.length).replace(/;.*/, '') } : {};
  const schedule = goldenSchedule(golden, { ...fields, ...words });
  const sampler = samplerOf(golden, fields);
  yield* checkSchedule(golden, schedule);
  const run = await goldenRun(golden, {
    phases: onePhase(model, schedule.schedule, fields.guidance),
    schedule: schedule.schedule,
    sampler,
    given: given.of(model),
  });
  yield* checkRun(golden, run, fields.steps, given.frames);
}

async function* verifyExperts(golden: Golden): AsyncGenerator<Checked> {
  const fields = parseFields(golden, z.strictObject(expertFields));
  const schedule = goldenSchedule(golden, fields);
  const sampler = samplerOf(golden, fields);
  const phases = await expertPhases(golden, schedule.schedule, fields);
  yield* checkSchedule(golden, schedule);
  const ours = phases.flatMap(({ from, to }, index) => new Array<number>(to - from).fill(index));
  const theirs = fields.experts.map((name) => EXPERTS.indexOf(name));
  const list = (data: readonly number[]) => ({ shape: [data.length], data });
  yield compare('experts', list(ours), list(theirs), 0);
  const run = await goldenRun(golden, { phases, schedule: schedule.schedule, sampler });
  yield* checkRun(golden, run, fields.steps);
}
