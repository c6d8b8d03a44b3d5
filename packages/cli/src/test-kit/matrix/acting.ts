import { cachedGuidance, cfgAlign, guidanceInterval } from '@skipstone/cfg-align';
import type { DenoiseResult, Ledger, Plugin } from '@skipstone/core';
import { hold, type Subject, sameBytes } from '@skipstone/core/testing';
import { galaxyCache } from '@skipstone/galaxy-cache';
import { assignmentOf, hsa } from '@skipstone/hsa';

/** Steps of every run of the matrix. */
export const STEPS = 8;

/** A run of a column's plugins, and what it is held against. */
export interface MatrixRun {
  readonly subject: Subject;
  readonly result: DenoiseResult;
  readonly column: readonly string[];
  /** The result of other columns of this model; of no plugin, the empty name. */
  readonly of: (column: string) => DenoiseResult;
}

/** A plugin of the matrix: set so that what it does, and when, is known beforehand. */
export interface Acting {
  readonly make: () => Plugin;
  /** The same plugin, set so that it never acts. */
  readonly off: () => Plugin;
  /** Throws unless it acted where it should, and nowhere else; what it did, in a few words. */
  readonly acted: (run: MatrixRun) => string;
}

export const ACTING: Readonly<Record<string, Acting>> = {
  // Any drift is below this threshold, so warm-up, streak and phases decide.
  'galaxy-cache': {
    make: () =>
      galaxyCache({ tap: 'cross_attn_out', threshold: 1e9, warmup: { steps: 2 }, maxConsecutive: 3 }),
    off: () => galaxyCache({ tap: 'cross_attn_out', threshold: 0, warmup: { steps: 2 }, maxConsecutive: 3 }),
    acted: ({ subject, result: { ledger }, column }) => {
      const expected = stepsOf((step, was) => reuses(subject, step, was));
      for (const branch of branchesOf(subject)) {
        const own = ledger.decisions.filter((row) => row.plugin === 'galaxy-cache' && row.branch === branch);
        equal(`reuse in ${branch}`, stepsWhere(own, true), expected);
        const measured = own.every(
          ({ step, signal, follows }) => follows || step === 0 || Number(signal) >= 0,
        );
        hold(measured, `${branch} decided without having measured`);
        if (!column.includes('cfg-align') || branch === branchesOf(subject)[0]) continue;
        hold(
          own.every(({ follows }) => follows === branchesOf(subject)[0]),
          `${branch} decides for itself`,
        );
      }
      hold(fewerSpans(ledger, expected), 'steps that reuse run as many spans as others');
      return `${expected.length} of ${STEPS} steps reuse`;
    },
  },
  'cfg-align': {
    make: () => cfgAlign(),
    off: () => cfgAlign(),
    acted: ({ result, column, of }) => {
      if (column.includes('galaxy-cache')) return 'branches follow';
      const same = column.filter((name) => name !== 'cfg-align').join(' + ');
      hold(sameBytes(result.latents, of(same).latents), 'it changed what no branch decides');
      return 'changes no byte';
    },
  },
  hsa: {
    make: () =>
      hsa({ strides: [1, 2, 5], fractions: [0.25, 0.25, 0.5], early: { steps: 3 }, late: { steps: 1 } }),
    off: () =>
      hsa({ strides: [1, 1, 1], fractions: [0.25, 0.25, 0.5], early: { steps: 3 }, late: { steps: 1 } }),
    acted: ({ subject, result: { ledger } }) => {
      const rows = rowsOf(subject);
      const { video = 0, ...others } = rows;
      const expected = Array.from({ length: STEPS }, (_, step) => ({
        video: video * activeShare(subject, step),
        ...others,
      }));
      for (const branch of branchesOf(subject)) {
        const own = ledger.passes.filter((pass) => pass.branch === branch).map((pass) => pass.rows);
        equal(`rows in ${branch}`, own, expected);
      }
      const groups = assignmentOf(ledger)?.video ?? '';
      const pinned = [...(subject.given?.pinned?.video?.rows ?? [])];
      hold(
        pinned.every((row) => groups[row] === '2'),
        `given tokens are in groups ${groups}`,
      );
      const share = expected.reduce((sum, at) => sum + at.video, 0) / (STEPS * video);
      const rest = Object.keys(others).map((stream) => `, all of ${stream}`);
      return `${(100 * share).toFixed(0)} % of video rows${rest.join('')}`;
    },
  },
  // σ of the steps: 1, 0.95, 0.9, 0.83, 0.75, 0.64, 0.5, 0.3.
  'guidance-interval': {
    make: () => guidanceInterval({ from: 0.96, to: 0.6 }),
    off: () => guidanceInterval(),
    acted: ({ subject, result: { ledger } }) => branchesRan(subject, ledger, [1, 2, 3, 4, 5]),
  },
  'cached-guidance': {
    make: () => cachedGuidance({ every: 3, warmup: { steps: 2 } }),
    off: () => cachedGuidance({ every: 1, warmup: { steps: 2 } }),
    acted: ({ subject, result: { ledger } }) => branchesRan(subject, ledger, [0, 1, 4, 7]),
  },
};

/** Computes what is due by the strides; all in the windows, through the last scored step and where a phase begins. */
function activeShare(subject: Subject, step: number): number {
  if (step < 3 || step === STEPS - 1 || beginsPhase(subject, step)) return 1;
  return 0.25 + (step % 2 === 0 ? 0.25 : 0) + (step % 5 === 0 ? 0.5 : 0);
}

const reuses = (subject: Subject, step: number, was: readonly number[]): boolean =>
  step >= 2 && !beginsPhase(subject, step) && ![1, 2, 3].every((back) => was.includes(step - back));

const beginsPhase = ({ models }: Subject, step: number): boolean => step % (STEPS / models.length) === 0;

export const branchesOf = ({ guidance }: Subject): readonly string[] =>
  guidance?.branches.map(({ name }) => name) ?? ['cond', 'uncond'];

export const rowsOf = ({ models, grid }: Subject): Readonly<Record<string, number>> =>
  models[0]?.spec.rows(grid) ?? {};

/** At these steps all branches ran, at the others the first only. */
function branchesRan(subject: Subject, { passes }: Ledger, full: readonly number[]): string {
  const all = branchesOf(subject);
  const ran = Array.from({ length: STEPS }, (_, step) =>
    passes.filter((pass) => pass.step === step).map(({ branch }) => branch),
  );
  equal(
    'branches',
    ran,
    ran.map((_, step) => (full.includes(step) ? all : all.slice(0, 1))),
  );
  return `${full.length} of ${STEPS} steps guided`;
}

function stepsOf(is: (step: number, was: readonly number[]) => boolean): readonly number[] {
  const found: number[] = [];
  for (let step = 0; step < STEPS; step++) if (is(step, found)) found.push(step);
  return found;
}

const stepsWhere = (rows: Ledger['decisions'], value: boolean): readonly number[] =>
  rows.filter((row) => row.key === 'reuse' && row.value === value).map(({ step }) => step);

/** Every pass of these steps runs less than the longest of its branch. */
function fewerSpans({ passes }: Ledger, steps: readonly number[]): boolean {
  const longest = (branch: string): number =>
    Math.max(...passes.filter((pass) => pass.branch === branch).map(({ spans }) => spans.length));
  return passes.every(({ step, branch, spans }) => !steps.includes(step) || spans.length < longest(branch));
}

function equal(what: string, got: unknown, want: unknown): void {
  const [a, b] = [JSON.stringify(got), JSON.stringify(want)];
  hold(a === b, `${what}: ${a}, expected ${b}`);
}
