import { nearestName, SkipstoneError } from '../error.js';
import type { Schedule } from '../spec/schedule.js';
import { eulerFlow } from './euler-flow.js';
import { eulerThousand } from './euler-thousand.js';
import type { GridOptions } from './grid-options.js';
import { karras } from './karras.js';
import { unipcFlow } from './unipc-flow.js';

/** Schedules by name, for policy files and the command line. */
export const schedules = {
  'unipc-flow': unipcFlow,
  'euler-flow': eulerFlow,
  'euler-thousand': eulerThousand,
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
