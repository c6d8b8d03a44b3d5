import {
  linspace,
  readScheduler,
  type Schedule,
  type ScheduleName,
  SkipstoneError,
  scheduleNamed,
} from '@skipstone/core';
import { z } from 'zod';
import type { Golden } from './golden.js';

/** The fields that say in words which noise levels a run walked through. Spread into a kind's schema. */
export const gridFields = {
  steps: z.int().min(1).max(1000),
  solver: z.string(),
  grid: z.string(),
  timesteps: z.string(),
  shift: z.number().positive(),
  /** The reference's scheduler_config.json: makes the grid where a case has it. */
  scheduler: z.looseObject({}).optional(),
  /** How much a dynamic scheduler shifts. */
  mu: z.number().optional(),
} as const;

export type GridFields = z.infer<z.ZodObject<typeof gridFields>>;

export interface GoldenSchedule {
  readonly schedule: Schedule;
  /** True where the model received whole numbers: they are compared exactly. */
  readonly wholeTimesteps: boolean;
}

interface KnownGrid extends Pick<GridFields, 'solver' | 'grid' | 'timesteps'> {
  readonly schedule: ScheduleName;
  /** The only shift that the words cover; any unless given. */
  readonly shift?: number;
}

const WHOLE = 'integer, truncated 1000 sigma[i]';
const FLOAT = 'float, 1000 sigma[i]';
const SAID: readonly string[] = [WHOLE, FLOAT];

/** Grids as cases word them. `scheduleNamed` computes them; none is read from a folder. */
const GRIDS: readonly KnownGrid[] = [
  {
    schedule: 'unipc-flow',
    solver: 'unipc',
    timesteps: WHOLE,
    grid:
      's = linspace(1, 1/1000, steps + 1) without its last; sigma = shift s / (1 + (shift - 1) s); ' +
      'if |sigma[0] - 1| < 1e-6 then sigma[0] -= 1e-6; then 0. float64, stored as float32; ' +
      'timesteps are truncated from the float64 values',
  },
  { schedule: 'unipc-flow', solver: 'unipc', timesteps: WHOLE, grid: 'UniPC flow grid (schedule-wan)' },
  {
    schedule: 'euler-flow',
    solver: 'euler',
    timesteps: FLOAT,
    grid: 'linspace(1, 1/steps, steps), flow-shifted, then 0',
  },
  {
    schedule: 'euler-thousand',
    solver: 'euler',
    timesteps: FLOAT,
    grid: 'sigma = linspace(1000, 1, steps) / 1000, then 0. float64, stored as float32',
    shift: 1,
  },
];

/** Computes the noise levels and timesteps that a case describes. */
export function goldenSchedule(golden: Golden, fields: GridFields): GoldenSchedule {
  const { steps, shift } = fields;
  const found = GRIDS.find(
    (known) =>
      known.solver === fields.solver &&
      known.grid === fields.grid &&
      known.timesteps === fields.timesteps &&
      (known.shift ?? shift) === shift,
  );
  const { scheduler, mu, timesteps } = fields;
  const wholeTimesteps = timesteps === WHOLE;
  if (scheduler && SAID.includes(timesteps)) {
    // Some pipelines give the levels themselves: so words say, and so do all that shift by μ.
    const given = mu !== undefined || found?.schedule === 'euler-flow';
    const call = {
      ...(given ? { levels: linspace(1, 1 / steps, steps) } : { steps }),
      ...(mu !== undefined && { mu }),
    };
    return { schedule: readScheduler(scheduler, golden.folder).grid(call), wholeTimesteps };
  }
  if (!found) throw unknownGrid(golden, fields);
  return { schedule: scheduleNamed(found.schedule, { steps, shift }), wholeTimesteps };
}

function unknownGrid({ folder }: Golden, { solver, grid, timesteps, shift }: GridFields): SkipstoneError {
  const known = GRIDS.map((one) => {
    const only = one.shift === undefined ? '' : `, shift ${one.shift}`;
    return `${one.schedule}: ${one.solver}, '${one.grid}', timesteps '${one.timesteps}'${only}`;
  });
  return new SkipstoneError({
    code: 'golden-grid',
    what: `${folder}: its grid of noise levels is not known`,
    have: `${solver}, '${grid}', timesteps '${timesteps}', shift ${shift}`,
    need: known.join('\n         '),
    do: 'correct the words in case.json, or verify it with the package that knows this grid',
  });
}
