import { type ScheduleName, SkipstoneError, scheduleNamed } from '@skipstone/core';
import { z } from 'zod';
import { compare } from './compare.js';
import type { Checked, Golden, Verifier } from './golden.js';
import { parseFields } from './parse-fields.js';

/** Which grids such a case holds: each shift with each number of steps. */
const grids = z.strictObject({
  shifts: z.array(z.number().positive()).min(1),
  steps: z.array(z.int().min(1).max(1000)).min(1),
});

const SOLVERS = {
  unipc: { schedule: 'unipc-flow', values: ['sigmas', 'timesteps'] },
  euler: { schedule: 'euler-flow', values: ['sigmas'] },
} as const satisfies Record<string, { schedule: ScheduleName; values: readonly ('sigmas' | 'timesteps')[] }>;

/** Grids of noise levels, `out.<unipc or euler>.shift<s>.n<steps>.<sigmas or timesteps>`. No model runs. */
export const scheduleVerifier: Verifier = {
  name: 'flow-shifted grids of UniPC and Euler (config.json with shifts and steps)',
  kind: 'schedule',
  accepts: ({ config }) => grids.safeParse(config).success,
  verify: verifySchedules,
};

async function* verifySchedules(golden: Golden): AsyncGenerator<Checked> {
  parseFields(golden, z.strictObject({}));
  const wanted = gridsOf(golden);
  const unknown = [...golden.tensors.keys()].find((name) => !wanted.has(name));
  if (unknown !== undefined) throw unknownGrid(golden, unknown);
  for (const [name, compute] of wanted) {
    const data = compute();
    // UniPC's timesteps are whole numbers.
    const limit = name.endsWith('.timesteps') ? 0 : undefined;
    yield compare(name, { shape: [data.length], data }, await golden.reference(name), limit);
  }
}

/** Every tensor that the case must hold, with a way to compute it. */
function gridsOf({ config }: Golden): ReadonlyMap<string, () => readonly number[]> {
  const { shifts, steps } = grids.parse(config);
  const all = new Map<string, () => readonly number[]>();
  for (const shift of shifts) {
    for (const n of steps) {
      for (const [solver, { schedule, values }] of Object.entries(SOLVERS)) {
        for (const value of values) {
          const compute = (): readonly number[] => scheduleNamed(schedule, { steps: n, shift })[value];
          all.set(`out.${solver}.shift${shift}.n${n}.${value}`, compute);
        }
      }
    }
  }
  return all;
}

function unknownGrid({ folder }: Golden, name: string): SkipstoneError {
  return new SkipstoneError({
    code: 'golden-grid',
    what: `${folder}: it holds a grid that is not known`,
    have: name,
    need: `out.<${Object.keys(SOLVERS).join(' or ')}>.shift<s>.n<steps>.<sigmas or timesteps>, s and steps of config.json`,
    do: 'correct the name, or add shift and steps to config.json',
  });
}
