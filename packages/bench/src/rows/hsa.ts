import { only } from '@skipstone/core';
import type { Subject, SubjectRun } from '@skipstone/core/testing';
import { type HsaPresetName, hsa as plugin } from '@skipstone/hsa';
import type { Bench, Outcome } from '../row.js';
import { runRequest } from '../run-request.js';
import { interleave } from '../statistics.js';
import { steppedRun } from '../stepped-run.js';
import { demoSubject, wanWidthSubject } from '../subjects.js';

const STEPS = 40;

/** Share of a full run that each preset is made for. */
const PRESETS: readonly (readonly [HsaPresetName, number])[] = [
  ['hsa-25', 0.25],
  ['hsa-50', 0.5],
  ['hsa-75a', 0.75],
];

/** What whole runs of the named schedules take. */
export async function* hsa(bench: Bench): AsyncGenerator<Outcome> {
  const packed = { settings: { weights: 'packed' } } as const;
  yield* compare('demo', await demoSubject(), packed, false, bench);
  const wide = await wanWidthSubject(bench);
  yield* compare('wan-1.3b-width', wide, { ...packed, guidance: only() }, true, bench);
}

async function* compare(
  name: string,
  subject: Subject,
  run: SubjectRun,
  counts: boolean,
  bench: Bench,
): AsyncGenerator<Outcome> {
  const steps = STEPS;
  bench.say(`${name}, the full run and ${PRESETS.length} schedules, step by step in turn`);
  const start = (plugins: SubjectRun['plugins']) =>
    steppedRun(runRequest(subject, { ...run, steps, ...(plugins ? { plugins } : {}) }));
  const full = start(undefined);
  const runs = PRESETS.map(([preset]) => [preset, start([plugin({ preset })])] as const);
  try {
    const next = async (of: typeof full): Promise<number> => (await of.next()).wallMs;
    // The first step opens sessions. It computes every token, as the second does, which counts twice.
    const ms = await interleave(
      Object.fromEntries([['full', () => next(full)], ...runs.map(([key, one]) => [key, () => next(one)])]),
      { repeats: steps - 1, warmUp: 1 },
    );
    const whole = (key: string): number => (ms[key] ?? []).reduce((a, b) => a + b, ms[key]?.[0] ?? 0);
    for (const [preset, share] of PRESETS) {
      yield {
        what: `hsa: ${name}, ${preset} over the full run`,
        unit: 'ratio',
        ...(counts ? { reach: { most: share + 0.04 } } : {}),
        samples: [whole(preset) / whole('full')],
        details: { steps: ms[preset], full: ms.full },
      };
    }
  } finally {
    await Promise.all([full, ...runs.map(([, one]) => one)].map((one) => one.abort()));
  }
}
