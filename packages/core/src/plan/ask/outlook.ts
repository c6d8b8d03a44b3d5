import type { Given } from '../../spec/given.js';
import type { ClockCall, ClockRows, ModelSpec } from '../../spec/model.js';
import type { Outlook } from '../../spec/plugin.js';
import type { Sampler } from '../../spec/sampler.js';
import type { Schedule } from '../../spec/schedule.js';
import { pinnedRows } from './given.js';

/** What is known of a phase before it runs. */
export function outlookOf(
  { schedule, sampler }: Pick<Outlook, 'sampler'> & { readonly schedule: Schedule },
  phase: Pick<Outlook, 'spec' | 'from' | 'to' | 'guidance'> & { readonly given?: Given },
  rows: Outlook['rows'],
): Outlook {
  const { spec, from, to, guidance } = phase;
  const { sigmas, timesteps } = schedule;
  const pinned = pinnedRows(phase.given);
  return { spec, steps: timesteps.length, from, to, sigmas, rows, pinned, guidance, sampler };
}

/** The rows of every clock at a step: one each, unless the model says otherwise. */
export const clockRowsOf = (spec: ModelSpec, call: ClockCall): Readonly<Record<string, ClockRows>> =>
  spec.clockRows?.(call) ??
  Object.fromEntries(Object.keys(spec.clocks).map((name) => [name, { values: [call.timestep] }]));

type Walk = { readonly schedule: Pick<Schedule, 'sigmas'>; readonly sampler: Pick<Sampler, 'corrects'> };

/** A step between equal noise levels moves nothing, whatever its prediction, and is not taken unless it corrects. */
export const isTaken = ({ schedule: { sigmas }, sampler }: Walk, step: number): boolean =>
  sampler.corrects === true || sigmas[step] !== sigmas[step + 1];

/** How many steps of a stretch are taken. */
export const takenSteps = (walk: Walk, from: number, to: number): number =>
  Array.from({ length: to - from }, (_, i) => from + i).filter((step) => isTaken(walk, step)).length;
