import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { denoise, type ProfiledNode, readProfile } from '@skipstone/core';
import type { Subject } from '@skipstone/core/testing';
import { alignedReuse, withReuse } from '../given-reuse.js';
import type { Bench, Outcome, Reach } from '../row.js';
import { median, ratios, sum } from '../statistics.js';
import { inTurn, steppedRun } from '../stepped-run.js';
import { demoSubject, runRequest, stepsOf, wanWidthSubject } from '../subjects.js';

/** One round of steps: half of them reuse, one or two in a row. */
const ROUND = [false, true, false, true, true, false] as const;
const REUSED = ROUND.filter(Boolean).length / ROUND.length;

/** Whether reuse saves the time of everything that it leaves out. */
export async function* reuse(bench: Bench): AsyncGenerator<Outcome> {
  yield* compare(await wanWidthSubject(bench), bench, { least: 0.97 });
  yield* compare(await demoSubject(), { ...bench, repeats: 4 * bench.repeats });
}

async function* compare(subject: Subject, bench: Bench, reach?: Reach): AsyncGenerator<Outcome> {
  const { name } = subject;
  const share = await computedShare(subject, bench);
  bench.say(`${name}, with reuse and without in turn, ${bench.repeats} rounds of ${ROUND.length} steps`);
  const rounds = { repeats: ROUND.length * bench.repeats, warmUp: ROUND.length };
  const { wallMs } = await inTurn(rounds, (steps) => ({
    full: stepsOf(subject, { steps }),
    some: steppedRun(reusing(subject, steps)),
  }));
  const inRounds = (ms: readonly number[]) =>
    Array.from({ length: bench.repeats }, (_, i) => sum(ms.slice(i * ROUND.length, (i + 1) * ROUND.length)));
  const speedups = ratios(inRounds(wallMs.full), inRounds(wallMs.some));
  const ideal = 1 / (1 - REUSED + REUSED * share);
  yield {
    what: `${name}, speed-up over 1/(1 − r + r·c)`,
    unit: 'ratio',
    ...(reach ? { reach } : {}),
    samples: speedups.map((speedup) => speedup / ideal),
    note: `r ${REUSED}, c ${share.toFixed(4)} of a full step's operators; ${median(speedups).toFixed(3)}× of ${ideal.toFixed(3)}×`,
    details: { share, ideal, speedups },
  };
}

const reuseAt = (step: number): boolean => ROUND[step % ROUND.length] ?? false;

const reusing = (subject: Subject, steps: number) =>
  withReuse(runRequest(subject, { steps, plugins: alignedReuse() }), reuseAt);

/** c: of the time of a full step's operators, that of those which a reuse step executes too. By the runtime's profile. */
async function computedShare(subject: Subject, bench: Bench): Promise<number> {
  bench.say(`${subject.name}, the profile of ${2 * ROUND.length} steps`);
  const profile = await mkdtemp(join(bench.folder, 'profile-'));
  const { runs } = await denoise({ ...reusing(subject, 2 * ROUND.length), profile });
  const nodes = (await readProfile(profile, { runs })).filter(({ step = 0 }) => step > 0);
  const keyOf = ({ branch, session, node }: ProfiledNode): string => `${branch} ${session} ${node}`;
  const kept = new Set(nodes.filter(({ step = 0 }) => reuseAt(step)).map(keyOf));
  const full = nodes.filter(({ step = 0 }) => !reuseAt(step));
  const time = (of: readonly ProfiledNode[]): number => sum(of.map(({ us }) => us));
  return time(full.filter((node) => kept.has(keyOf(node)))) / time(full);
}
