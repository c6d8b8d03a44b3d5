import { CONTRACT, only, type Plugin } from '@skipstone/core';
import { type Subject, type SubjectRun, sameBytes } from '@skipstone/core/testing';
import type { Bench, Outcome } from '../row.js';
import { runRequest } from '../run-request.js';
import { interleave, ratios } from '../statistics.js';
import { type SteppedRun, type StepTime, steppedRun } from '../stepped-run.js';
import { demoSubject, wanWidthSubject } from '../subjects.js';

const CUTS = ['blocks.0.cross_attn_out', 'blocks.0', 'trunk'];

/** What it costs to be able to look: three cuts and nobody who looks. */
export async function* cuts(bench: Bench): AsyncGenerator<Outcome> {
  // A step of the demo model takes some tens of milliseconds: ten times the rounds cost nothing.
  yield* compare('demo', await demoSubject(), {}, 10 * bench.repeats, bench);
  yield* compare('wan-1.3b-width', await wanWidthSubject(bench), { guidance: only() }, bench.repeats, bench);
}

const looker: Plugin = {
  name: 'looker',
  contract: CONTRACT,
  needs: () => ({ cuts: CUTS }),
  setup: () => ({}),
};

async function* compare(
  name: string,
  subject: Subject,
  run: SubjectRun,
  repeats: number,
  bench: Bench,
): AsyncGenerator<Outcome> {
  bench.say(`${name}, cut and uncut in turn, ${repeats} steps each`);
  const warmUp = 2;
  const both = { ...run, steps: repeats + warmUp, settings: { weights: 'packed' } } as const;
  const cut = steppedRun(runRequest(subject, { ...both, plugins: [looker] }));
  const uncut = steppedRun(runRequest(subject, both));
  const times: Record<'cut' | 'uncut', StepTime[]> = { cut: [], uncut: [] };
  try {
    const wall = await interleave(
      { cut: () => wallMs(cut, times.cut), uncut: () => wallMs(uncut, times.uncut) },
      { repeats, warmUp },
    );
    const [got, want] = [await cut.finish(), await uncut.finish()];
    const equal = sameBytes(got.latents, want.latents);
    yield {
      what: `cuts: ${name}, cut at three stations over uncut`,
      unit: 'ratio',
      reach: { most: 1.02 },
      samples: ratios(wall.cut, wall.uncut),
      note: `wall time of a step, packed; outputs ${equal ? 'equal to the bit' : 'DIFFER'}`,
      ...(equal ? {} : { failed: true }),
    };
    const inside = (series: readonly StepTime[]): number[] => series.slice(warmUp).map((t) => t.runtimeMs);
    yield {
      what: `cuts: ${name}, the same inside the runtime`,
      unit: 'ratio',
      samples: ratios(inside(times.cut), inside(times.uncut)),
    };
  } finally {
    await Promise.all([cut.abort(), uncut.abort()]);
  }
}

async function wallMs(run: SteppedRun, times: StepTime[]): Promise<number> {
  const time = await run.next();
  times.push(time);
  return time.wallMs;
}
