import type { Outcome, Reach, Verdict } from './row.js';
import { median } from './statistics.js';

/** Whether the median reaches what is to be reached, and nothing else is wrong. */
export function verdictOf({ samples, reach, failed }: Outcome): Verdict {
  if (failed) return 'missed';
  if (samples.length === 0) return 'not measured';
  if (reach === undefined) return 'reported';
  return reaches(median(samples), reach) ? 'reached' : 'missed';
}

function reaches(value: number, reach: Reach): boolean {
  if ('least' in reach) return value >= reach.least;
  return 'most' in reach ? value <= reach.most : value < reach.below;
}
