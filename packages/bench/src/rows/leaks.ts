import { platform } from 'node:os';
import { inFreshProcess } from '../child/child.js';
import type { LeaksAnswer, LeaksTask } from '../child/leaks.js';
import type { Bench, Outcome, Reach } from '../row.js';
import { median } from '../statistics.js';

/** Whether memory grows from run to run in one process. */
export async function* leaks(bench: Bench): AsyncGenerator<Outcome> {
  yield await growth(bench, '', {}, { most: 1.05 });
  if (platform() !== 'linux') return;
  // Each run has a thread of its own, and glibc gives threads heaps that it keeps: growth without a leak.
  yield await growth(bench, ', one heap', { MALLOC_ARENA_MAX: '1' });
}

async function growth(
  bench: Bench,
  suffix: string,
  environment: Readonly<Record<string, string>>,
  reach?: Reach,
): Promise<Outcome> {
  const runs = bench.quick ? 20 : 200;
  bench.say(`${runs} demo runs of 2 steps in one process${suffix}`);
  const task: LeaksTask = { runs, steps: 2 };
  const answer = await inFreshProcess<LeaksTask, LeaksAnswer>('./leaks.js', task, environment);
  const { residentBytes } = answer;
  const tenth = runs / 10;
  const early = median(residentBytes.slice(tenth, 2 * tenth));
  const late = median(residentBytes.slice(-tenth));
  const most = Math.max(...residentBytes.slice(tenth));
  return {
    what: `leaks: resident, runs ${runs - tenth}–${runs} over ${tenth}–${2 * tenth}${suffix}`,
    unit: 'ratio',
    ...(reach ? { reach } : {}),
    samples: [late / early],
    note: `${gigabytes(early)} → ${gigabytes(late)}, at most ${gigabytes(most)} after run ${tenth}`,
    details: answer,
  };
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(3)} GB`;
