import type { Subject } from '@skipstone/core/testing';
import { type HsaPresetName, hsa as plugin } from '@skipstone/hsa';
import type { Bench, Outcome } from '../row.js';
import { sum } from '../statistics.js';
import { inTurn } from '../stepped-run.js';
import { demoSubject, stepsOf, wanWidthSubject } from '../subjects.js';

const STEPS = 40;

/** Share of a full run that each preset is made for. */
const PRESETS: readonly (readonly [HsaPresetName, number])[] = [
  ['hsa-25', 0.25],
  ['hsa-50', 0.5],
  ['hsa-75a', 0.75],
];

/** What whole runs of the named schedules take. */
export async function* hsa(bench: Bench): AsyncGenerator<Outcome> {
  yield* compare(await demoSubject(), false, bench);
  yield* compare(await wanWidthSubject(bench), true, bench);
}

async function* compare(subject: Subject, counts: boolean, bench: Bench): AsyncGenerator<Outcome> {
  bench.say(`${subject.name}, the full run and ${PRESETS.length} schedules, step by step in turn`);
  // The first step opens sessions. It computes every token, as the second does, which counts twice.
  const { wallMs } = await inTurn<string>({ repeats: STEPS - 1, warmUp: 1 }, (steps) => ({
    full: stepsOf(subject, { steps }),
    ...Object.fromEntries(
      PRESETS.map(([preset]) => [preset, stepsOf(subject, { steps, plugins: [plugin({ preset })] })]),
    ),
  }));
  const whole = ([second = 0, ...rest]: readonly number[] = []): number => 2 * second + sum(rest);
  for (const [preset, share] of PRESETS) {
    yield {
      what: `${subject.name}, ${preset} over the full run`,
      unit: 'ratio',
      ...(counts ? { reach: { most: share + 0.04 } } : {}),
      samples: [whole(wallMs[preset]) / whole(wallMs.full)],
      details: { steps: wallMs[preset], full: wallMs.full },
    };
  }
}
