import { platform } from 'node:os';
import { generate } from '@skipstone/core';
import { demoModel } from '@skipstone/demo-model';
import { inFreshProcess } from '../fresh-process.js';
import { THREADS } from '../machine.js';
import type { Bench, Outcome, Reach } from '../row.js';
import { gigabytes, median } from '../statistics.js';

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
  const answer = await inFreshProcess(import.meta.url, demoRuns, { runs, steps: 2 }, environment);
  const { residentBytes } = answer;
  const tenth = runs / 10;
  const early = median(residentBytes.slice(tenth, 2 * tenth));
  const late = median(residentBytes.slice(-tenth));
  const most = Math.max(...residentBytes.slice(tenth));
  return {
    what: `resident, runs ${runs - tenth}–${runs} over ${tenth}–${2 * tenth}${suffix}`,
    unit: 'ratio',
    ...(reach ? { reach } : {}),
    samples: [late / early],
    note: `${gigabytes(early, 3)} → ${gigabytes(late, 3)}, at most ${gigabytes(most, 3)} after run ${tenth}`,
    details: answer,
  };
}

/**
 * Makes video after video in one process, each from scratch: worker, sessions, tensors. Gives the bytes resident after
 * each, garbage collected.
 */
export async function demoRuns({ runs, steps }: { readonly runs: number; readonly steps: number }) {
  const model = await demoModel();
  const prompt = model.text.examples[0] ?? '';
  const residentBytes: number[] = [];
  for (let seed = 0; seed < runs; seed++) {
    await generate(model, { prompt, steps, seed, threads: THREADS }).result;
    global.gc?.();
    residentBytes.push(process.memoryUsage.rss());
  }
  return { residentBytes };
}
