import type { Ledger } from '@skipstone/core';
import type { Assignment } from './groups.js';

/** The groups of a run, as the option `assignment` takes them; the last ones where they were ranked anew. */
export function assignmentOf(ledger: Ledger): Assignment | undefined {
  const row = ledger.decisions.findLast(({ plugin, key }) => plugin === 'hsa' && key === 'groups');
  return row?.value as Assignment | undefined;
}
