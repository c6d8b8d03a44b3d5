import { nearestName, SkipstoneError } from '../error.js';
import type { Schedule } from '../spec/schedule.js';
import { eulerFlow } from './euler-flow.js';
import { type FlowGridOptions, flowGrid } from './flow-grid.js';
import { type GridOptions, gridOptions } from './grid-options.js';
import { karras } from './karras.js';

const flow =
  (name: string, fields: FlowGridOptions) =>
  (options: GridOptions): Schedule =>
    flowGrid(name, { ...fields, ...gridOptions(name, options) });

/** Schedules by name, for policy files and the command line. */
export const schedules = {
  /** Wan's. */
  'unipc-flow': flow('unipc-flow', { solver: 'unipc' }),
  'dpmpp-flow': flow('dpmpp-flow', { solver: 'dpmpp' }),
  'euler-flow': eulerFlow,
  /** What FlowMatchEuler makes by itself, its double shift included. */
  'euler-thousand': flow('euler-thousand', { solver: 'euler' }),
  'euler-karras': flow('euler-karras', { solver: 'euler', spacing: 'karras' }),
  'euler-exponential': flow('euler-exponential', { solver: 'euler', spacing: 'exponential' }),
  'euler-beta': flow('euler-beta', { solver: 'euler', spacing: 'beta' }),
  karras,
} as const satisfies Record<string, (options: GridOptions) => Schedule>;

export type ScheduleName = keyof typeof schedules;

export function scheduleNamed(name: string, options: GridOptions): Schedule {
  if (isScheduleName(name)) return schedules[name](options);
  throw new SkipstoneError({
    code: 'unknown-schedule',
    what: `there is no schedule '${name}'`,
    have: `'${name}'`,
    need: Object.keys(schedules).join(', '),
    do: `did you mean '${nearestName(name, Object.keys(schedules))}'?`,
  });
}

function isScheduleName(name: string): name is ScheduleName {
  return Object.hasOwn(schedules, name);
}
