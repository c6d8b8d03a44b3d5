import { rm } from 'node:fs/promises';
import { platform } from 'node:os';
import { join } from 'node:path';
import { generate } from '@skipstone/core';
import { openWan } from '@skipstone/models-wan';
import { inFreshProcess } from '../fresh-process.js';
import { anonymousMemory, watchMemory } from '../memory.js';
import { WAN_1_3B, writeMadeUpWan } from '../published/wan-1-3b.js';
import type { Bench, Outcome } from '../row.js';
import { gigabytes } from '../statistics.js';
import { madeUpRun } from '../subjects.js';

/** What the files weigh by the shapes: 1.42 billion values. */
const KINDS = [
  { dtype: 'F32', name: '5.7 GB fp32' },
  { dtype: 'BF16', name: '2.8 GB bf16' },
] as const;

/** 16 latents a side, 64 tokens. */
const SIDE = 128;

/** How soon a big checkpoint is ready, and what memory it takes that file pages are no part of. */
export async function* opening(bench: Bench): AsyncGenerator<Outcome> {
  for (const { dtype, name } of KINDS) {
    const folder = join(bench.folder, dtype);
    const config = bench.quick ? { ...WAN_1_3B, num_layers: 3 } : WAN_1_3B;
    await writeMadeUpWan(folder, { config, dtype, sparse: true });
    const times: Times[] = [];
    for (let round = 0; round < bench.repeats; round++) {
      bench.say(`opening ${name}, ${round + 1} of ${bench.repeats}`);
      times.push(await inFreshProcess(import.meta.url, opened, { folder, side: SIDE }));
    }
    await rm(folder, { recursive: true });
    yield* outcomes(name, times);
  }
}

function* outcomes(name: string, times: readonly Times[]): Generator<Outcome> {
  const [last] = times.slice(-1);
  const of = (key: 'openS' | 'planS' | 'forwardS'): string => (last?.[key] ?? 0).toFixed(2);
  yield {
    what: `${name}, until ready to run`,
    unit: 's',
    reach: { below: 3 },
    samples: times.map(({ readyS }) => readyS),
    note: `zero weights (a sparse file); headers read at ${of('openS')} s, plan made at ${of('planS')} s`,
    details: times,
  };
  const peaks = times.flatMap(({ peak }) => (peak === undefined ? [] : [peak / 1e9]));
  yield {
    what: `${name}, peak anonymous memory`,
    unit: 'GB',
    reach: { below: 1.5 },
    samples: peaks,
    note:
      peaks.length > 0
        ? `during a first forward of 64 tokens, ${of('forwardS')} s inside the runtime; ${gigabytes(last?.before ?? 0)} of it before anything was opened`
        : `not measured: ${platform()} has no /proc/self/status`,
  };
}

type Times = Awaited<ReturnType<typeof opened>>;

/** In a fresh process: opens a checkpoint and computes one step of one branch, as `generate` does. */
export async function opened({ folder, side }: { readonly folder: string; readonly side: number }) {
  const before = anonymousMemory();
  const memory = watchMemory();
  const began = performance.now();
  const since = (): number => (performance.now() - began) / 1000;
  const model = await openWan(folder);
  const openS = since();
  const asked = { side, frames: 1, steps: 1, guided: false, weights: 'mapped' } as const;
  const run = generate(model, madeUpRun(model, asked));
  let [planS, doneS, forwardS] = [0, 0, 0];
  for await (const event of run) {
    if (event.type === 'plan') planS = since();
    if (event.type === 'step') [doneS, forwardS] = [since(), event.ms / 1000];
  }
  await run.result;
  const peak = memory.stop();
  const after = anonymousMemory();
  // Seconds until headers are read and claimed, the plan is made, a session runs; and those of the first forward inside
  // the runtime. Bytes of anonymous memory before, at most, and when everything was released.
  return { openS, planS, readyS: doneS - forwardS, forwardS, before, peak, after };
}
