import { rm } from 'node:fs/promises';
import { platform } from 'node:os';
import { join } from 'node:path';
import { inFreshProcess } from '../child/child.js';
import type { OpeningTask, OpeningTimes } from '../child/opening.js';
import { WAN_1_3B, writeMadeUpWan } from '../published/wan-1-3b.js';
import type { Bench, Outcome } from '../row.js';

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
    const times: OpeningTimes[] = [];
    for (let round = 0; round < bench.repeats; round++) {
      bench.say(`opening ${name}, ${round + 1} of ${bench.repeats}`);
      const task: OpeningTask = { folder, side: SIDE };
      times.push(await inFreshProcess<OpeningTask, OpeningTimes>('./opening.js', task));
    }
    await rm(folder, { recursive: true });
    yield* outcomes(name, times);
  }
}

function* outcomes(name: string, times: readonly OpeningTimes[]): Generator<Outcome> {
  const [last] = times.slice(-1);
  const of = (key: 'openS' | 'planS' | 'forwardS'): string => (last?.[key] ?? 0).toFixed(2);
  yield {
    what: `opening: ${name}, until ready to run`,
    unit: 's',
    reach: { below: 3 },
    samples: times.map(({ readyS }) => readyS),
    note: `zero weights (a sparse file); headers read at ${of('openS')} s, plan made at ${of('planS')} s`,
    details: times,
  };
  const peaks = times.flatMap(({ peak }) => (peak === undefined ? [] : [peak / 1e9]));
  const before = ((last?.before ?? 0) / 1e9).toFixed(2);
  yield {
    what: `opening: ${name}, peak anonymous memory`,
    unit: 'GB',
    reach: { below: 1.5 },
    samples: peaks,
    note:
      peaks.length > 0
        ? `during a first forward of 64 tokens, ${of('forwardS')} s inside the runtime; ${before} GB of it before anything was opened`
        : `not measured: ${platform()} has no /proc/self/status`,
  };
}
