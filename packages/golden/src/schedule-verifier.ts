import {
  linspace,
  readScheduler,
  type Schedule,
  type ScheduleName,
  SkipstoneError,
  scheduleNamed,
} from '@skipstone/core';
import { z } from 'zod';
import { betaSchedule, isOfBetas } from './beta-schedule.js';
import { compare } from './compare.js';
import type { Checked, Golden, Verifier } from './golden.js';
import { parseFields } from './parse-fields.js';

/** Which grids such a case holds: each shift with each number of steps. */
const grids = z.strictObject({
  shifts: z.array(z.number().positive()).min(1),
  steps: z.array(z.int().min(1).max(1000)).min(1),
});

const call = z.strictObject({
  num_inference_steps: z.int().min(1).max(1000).nullish(),
  sigmas: z.union([z.array(z.number()), z.literal('linspace(1, 1/n, n)')]).optional(),
  n: z.int().min(1).max(1000).optional(),
  mu: z.number().optional(),
});

/** Or each scheduler of the reference, as its configuration says it, with the call it was given. */
const schedulers = z.strictObject({
  cases: z.record(z.string(), z.strictObject({ scheduler: z.looseObject({}), call })),
});

const SOLVERS = {
  unipc: { schedule: 'unipc-flow', values: ['sigmas', 'timesteps'] },
  euler: { schedule: 'euler-flow', values: ['sigmas'] },
} as const satisfies Record<string, { schedule: ScheduleName; values: readonly Value[] }>;

type Value = 'sigmas' | 'timesteps';
type Grid = Pick<Schedule, Value>;

/** Grids of noise levels, `out.<tag>.<sigmas or timesteps>`. No model runs. */
export const scheduleVerifier: Verifier = {
  name: 'grids of noise levels (config.json with shifts and steps, or with cases of schedulers)',
  kind: 'schedule',
  accepts: ({ config }) => grids.safeParse(config).success || schedulers.safeParse(config).success,
  verify: verifySchedules,
};

async function* verifySchedules(golden: Golden): AsyncGenerator<Checked> {
  parseFields(golden, z.strictObject({}));
  const cases = schedulers.safeParse(golden.config);
  const wanted = cases.success ? gridsOfCases(golden, cases.data.cases) : gridsOf(golden);
  const unknown = [...golden.tensors.keys()].find((name) => !wanted.has(name));
  if (unknown !== undefined) throw unknownGrid(golden, unknown);
  for (const [name, compute] of wanted) {
    const { data, whole } = compute();
    yield compare(name, { shape: [data.length], data }, await golden.reference(name), whole ? 0 : undefined);
  }
}

type Computed = { readonly data: readonly number[]; readonly whole: boolean };
type Wanted = ReadonlyMap<string, () => Computed>;

/** Every tensor that the case must hold, with a way to compute it. Timesteps that are whole numbers are exact. */
function gridsOf({ config }: Golden): Wanted {
  const { shifts, steps } = grids.parse(config);
  const all = new Map<string, () => Computed>();
  for (const shift of shifts) {
    for (const n of steps) {
      for (const [solver, { schedule, values }] of Object.entries(SOLVERS)) {
        const tag = `${solver}.shift${shift}.n${n}`;
        addGrid(all, tag, values, () => scheduleNamed(schedule, { steps: n, shift }));
      }
    }
  }
  return all;
}

function gridsOfCases({ folder }: Golden, cases: z.infer<typeof schedulers>['cases']): Wanted {
  const all = new Map<string, () => Computed>();
  for (const [tag, { scheduler, call: asked }] of Object.entries(cases)) {
    addGrid(all, tag, ['sigmas', 'timesteps'], () => {
      const { num_inference_steps: steps, sigmas, n = 0, mu } = asked;
      if (isOfBetas(scheduler)) return betaSchedule(scheduler, steps ?? n);
      const levels = typeof sigmas === 'string' ? linspace(1, 1 / n, n) : sigmas;
      return readScheduler(scheduler, `${folder}, ${tag}`).grid({
        ...(levels ? { levels } : { steps: steps ?? n }),
        ...(mu === undefined ? {} : { mu }),
      });
    });
  }
  return all;
}

function addGrid(
  all: Map<string, () => Computed>,
  tag: string,
  values: readonly Value[],
  compute: () => Grid,
): void {
  for (const value of values) {
    all.set(`out.${tag}.${value}`, () => {
      const grid = compute();
      const whole = value === 'timesteps' && grid.timesteps.every(Number.isInteger);
      return { data: grid[value], whole };
    });
  }
}

function unknownGrid({ folder }: Golden, name: string): SkipstoneError {
  return new SkipstoneError({
    code: 'golden-grid',
    what: `${folder}: it holds a grid that is not known`,
    have: name,
    need: `out.<${Object.keys(SOLVERS).join(' or ')}>.shift<s>.n<steps>.<sigmas or timesteps>, s and steps of config.json, or out.<case of config.json>.<sigmas or timesteps>`,
    do: 'correct the name, or add shift and steps to config.json',
  });
}
