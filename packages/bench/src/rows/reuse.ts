import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { denoise, only, type ProfiledNode, readProfile } from '@skipstone/core';
import type { Subject, SubjectRun } from '@skipstone/core/testing';
import { alignedReuse, withReuse } from '../given-reuse.js';
import type { Bench, Outcome, Reach } from '../row.js';
import { runRequest } from '../run-request.js';
import { interleave, median } from '../statistics.js';
import { steppedRun } from '../stepped-run.js';
import { demoSubject, wanWidthSubject } from '../subjects.js';

/** One round of steps: half of them reuse, one or two in a row. */
const ROUND = [false, true, false, true, true, false] as const;
const REUSED = ROUND.filter(Boolean).length / ROUND.length;

/** Whether reuse saves the time of everything that it leaves out. */
export async function* reuse(bench: Bench): AsyncGenerator<Outcome> {
  const wide = await wanWidthSubject(bench);
  yield* compare('wan-1.3b-width', wide, { guidance: only() }, bench, { least: 0.97 });
  yield* compare('demo', await demoSubject(), {}, { ...bench, repeats: 4 * bench.repeats });
}

async function* compare(
  name: string,
  subject: Subject,
  more: SubjectRun,
  bench: Bench,
  reach?: Reach,
): AsyncGenerator<Outcome> {
  const run = { ...more, settings: { weights: 'packed' } } as const;
  const share = await computedShare(subject, run, bench);
  bench.say(`${name}, with reuse and without in turn, ${bench.repeats} rounds of ${ROUND.length} steps`);
  const all = { ...run, steps: ROUND.length * (bench.repeats + 1) };
  const full = steppedRun(runRequest(subject, all));
  const some = steppedRun(withReuse(runRequest(subject, { ...all, plugins: alignedReuse() }), reuseAt));
  try {
    const round = { full: 0, some: 0 };
    const sums: (typeof round)[] = [];
    for (let i = 0; i <= bench.repeats; i++) {
      const ms = await interleave(
        { full: async () => (await full.next()).wallMs, some: async () => (await some.next()).wallMs },
        { repeats: ROUND.length, warmUp: 0 },
      );
      if (i > 0) sums.push({ full: sum(ms.full), some: sum(ms.some) });
    }
    const speedups = sums.map((ms) => ms.full / ms.some);
    const ideal = 1 / (1 - REUSED + REUSED * share);
    yield {
      what: `reuse: ${name}, speed-up over 1/(1 − r + r·c)`,
      unit: 'ratio',
      ...(reach ? { reach } : {}),
      samples: speedups.map((speedup) => speedup / ideal),
      note: `r ${REUSED}, c ${share.toFixed(4)} of a full step's operators; ${median(speedups).toFixed(3)}× of ${ideal.toFixed(3)}×`,
      details: { share, ideal, speedups },
    };
  } finally {
    await Promise.all([full.abort(), some.abort()]);
  }
}

const reuseAt = (step: number): boolean => ROUND[step % ROUND.length] ?? false;
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** c: of the time of a full step's operators, that of those which a reuse step executes too. By the runtime's profile. */
async function computedShare(subject: Subject, run: SubjectRun, bench: Bench): Promise<number> {
  bench.say(`${subject.name}, the profile of ${2 * ROUND.length} steps`);
  const profile = await mkdtemp(join(bench.folder, 'profile-'));
  const steps = 2 * ROUND.length;
  const request = withReuse(runRequest(subject, { ...run, steps, plugins: alignedReuse() }), reuseAt);
  const { runs } = await denoise({ ...request, profile });
  const nodes = (await readProfile(profile, { runs })).filter(({ step = 0 }) => step > 0);
  const keyOf = ({ branch, session, node }: ProfiledNode): string => `${branch} ${session} ${node}`;
  const kept = new Set(nodes.filter(({ step = 0 }) => reuseAt(step)).map(keyOf));
  const full = nodes.filter(({ step = 0 }) => !reuseAt(step));
  const time = (of: readonly ProfiledNode[]): number => sum(of.map(({ us }) => us));
  return time(full.filter((node) => kept.has(keyOf(node)))) / time(full);
}
