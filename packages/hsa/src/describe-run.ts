import type { Outlook } from '@skipstone/core';
import type { Allocation, Sync } from './options.js';
import { activeShare, type RunPlan } from './run-plan.js';

/** What will happen, in lines for a person: groups, windows, the share of active tokens at every step. */
export function describeRun(
  plan: RunPlan,
  { strides, sync }: Pick<Allocation, 'strides' | 'sync'>,
  { steps, from, to, rows }: Pick<Outlook, 'steps' | 'from' | 'to' | 'rows'>,
): readonly string[] {
  const percent = (share: number): string => `${Math.round(100 * share)}`;
  const groups = strides.map((stride, k) => `${percent(plan.fractions[k] ?? 0)} % every ${ordinal(stride)}`);
  const shares = Array.from({ length: to - from }, (_, i) => percent(activeShare(plan, from + i)));
  const some = Object.keys(plan.allocated);
  const of = some.length < Object.keys(rows).length ? ` of ${some.join(', ')}, all of the rest` : '';
  return [
    `tokens ${groups.join(', ')}; all in the first ${plan.early} and last ${plan.late} of ${steps} steps`,
    `active tokens in %, steps ${from}–${to - 1}: ${repeated(shares).join(' ')}`,
    `${(100 * plan.share).toFixed(1)} % of a full run's rows${of}${WHERE[sync]}`,
  ];
}

const WHERE = {
  all: '',
  leader: ', in the branch that leads; all rows in the others',
  none: ', attending to each other only',
} as const satisfies Record<Sync, string>;

const ordinal = (stride: number): string => (stride === 1 ? 'step' : `${stride} steps`);

/** `100 100 100 40` as `100×3 40`. */
function repeated(values: readonly string[]): readonly string[] {
  const runs: { value: string; count: number }[] = [];
  for (const value of values) {
    const last = runs.at(-1);
    if (last?.value === value) last.count++;
    else runs.push({ value, count: 1 });
  }
  return runs.map(({ value, count }) => (count === 1 ? value : `${value}×${count}`));
}
