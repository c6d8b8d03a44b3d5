import { type Outlook, SkipstoneError, type Streams } from '@skipstone/core';
import { fractionsFor, shareOf } from './budget.js';
import { checkAssignment, tokensOf } from './groups.js';
import type { Allocation } from './options.js';
import { allocatedOf } from './streams.js';
import { activeSteps, type Timetable, timetable } from './timetable.js';
import { earlySteps, lateSteps } from './window.js';

/** An allocation, worked out for the steps and tokens of a run. */
export interface RunPlan {
  readonly table: Timetable;
  /** N of the streams that are allocated; tokens of the others are active at every step. */
  readonly allocated: Streams<number>;
  /** Share of their tokens by group. */
  readonly fractions: readonly number[];
  /** Share of a full run's rows of theirs that are computed, by plan. */
  readonly share: number;
  /** First and last step that is scored; none where the groups are given. */
  readonly scored: readonly [first: number, last: number] | undefined;
  /** Steps of both windows; scored steps count as early ones. */
  readonly early: number;
  readonly late: number;
}

type Phase = Pick<Outlook, 'steps' | 'from' | 'to' | 'sigmas' | 'rows'>;

/** Works it out; refuses what does not fit the run. */
export function planRun(allocation: Allocation, phase: Phase): RunPlan {
  const { strides, budget, assignment, refreshEvery } = allocation;
  const { steps, from, to, sigmas } = phase;
  const allocated = allocatedOf(phase.rows, allocation.streams);
  if (assignment) checkAssignment(assignment, allocated, strides.length);
  const window = earlySteps(allocation.early, sigmas);
  const scored = assignment ? undefined : scoredSteps(allocation, window, steps);
  const early = Math.max(window, scored ? scored[1] + 1 : 0);
  const late = lateSteps(allocation.late, sigmas);
  const common = { steps, strides, early, late, ...(refreshEvery === undefined ? {} : { refreshEvery }) };
  // Budgets are of the whole run: a phase's first step, where all are active too, is not counted.
  const counts = activeSteps(timetable({ ...common, from: 0, to: steps }), steps, strides.length);
  const given = assignment ? fractionsOf(allocation, allocated) : allocation.fractions;
  const fractions =
    budget === undefined ? given : fractionsFor({ budget, fractions: given, activeSteps: counts, steps });
  const share = shareOf(fractions, counts, steps);
  const table = timetable({ ...common, from, to });
  return { table, allocated, fractions, share, scored, early, late };
}

/** Share of allocated streams' tokens that are active at a step, 0 to 1. */
export function activeShare({ table, fractions }: RunPlan, step: number): number {
  const due = table.due(step);
  return fractions.reduce((sum, fraction, k) => sum + (due[k] ? fraction : 0), 0);
}

/** The second half of the early window, unless given: what changes first says less (inferred, measured). */
function scoredSteps({ scoreSteps }: Allocation, early: number, steps: number): readonly [number, number] {
  const last = Math.max(1, early - 1);
  const scored = scoreSteps ?? ([Math.min(last, Math.max(1, Math.ceil(early / 2))), last] as const);
  if (scored[1] < steps - 1) return scored;
  throw new SkipstoneError({
    code: 'hsa-score-steps',
    what: `hsa: tokens are scored until step ${scored[1]}, so there is nothing left to allocate`,
    have: `${steps} steps`,
    need: `more than ${scored[1] + 1} steps`,
    do: 'use more steps, score earlier ones (scoreSteps), or give an assignment',
  });
}

function fractionsOf({ assignment = {}, strides }: Allocation, rows: Streams<number>): readonly number[] {
  const all = Object.values(rows).reduce((a, b) => a + b, 0);
  return tokensOf(assignment, strides.length).map(
    (tokens) => Object.values(tokens).reduce((sum, list) => sum + list.length, 0) / all,
  );
}
