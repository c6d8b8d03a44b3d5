import type { Given } from '../spec/given.js';
import type { Outlook } from '../spec/plugin.js';
import type { Schedule } from '../spec/schedule.js';
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
