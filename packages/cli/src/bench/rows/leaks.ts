import { inFreshProcess } from '../child/child.js';
import type { LeaksAnswer, LeaksTask } from '../child/leaks.js';
import type { Bench, Outcome, Row } from '../row.js';
import { median } from '../statistics.js';

/** Whether memory grows from run to run in one process. */
export const leaks: Row = { about: 'resident memory over 200 demo runs in one process', measure };

async function* measure(bench: Bench): AsyncGenerator<Outcome> {
  const runs = bench.quick ? 20 : 200;
  bench.say(`${runs} demo runs of 2 steps in one process`);
  const task: LeaksTask = { runs, steps: 2 };
  const { residentBytes } = await inFreshProcess<LeaksTask, LeaksAnswer>('./leaks.js', task);
  const tenth = runs / 10;
  const early = median(residentBytes.slice(tenth, 2 * tenth));
  const late = median(residentBytes.slice(-tenth));
  const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(3)} GB`;
  yield {
    what: `leaks: resident after ${runs - tenth}–${runs} runs, over after ${tenth}–${2 * tenth}`,
    unit: 'ratio',
    reach: { most: 1.05 },
    samples: [late / early],
    note: `${gigabytes(early)} → ${gigabytes(late)}, at most ${gigabytes(Math.max(...residentBytes.slice(tenth)))}`,
  };
}
