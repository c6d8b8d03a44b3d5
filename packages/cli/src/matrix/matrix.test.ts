import { fileURLToPath } from 'node:url';
import type { DenoiseRequest, DenoiseResult, SavedRun } from '@skipstone/core';
import { errorOf, hold, runOn, sameBytes } from '@skipstone/core/testing';
import { hsa } from '@skipstone/hsa';
import { beforeAll, describe, expect, it } from 'vitest';
import { ACTING, branchesOf, rowsOf, STEPS } from '../test-kit/matrix/acting.js';
import { type FrozenResult, frozenInput, frozenSchedule } from '../test-kit/matrix/frozen-input.js';
import { GOLDEN_SUBJECTS } from '../test-kit/matrix/golden-subjects.js';
import { type Cells, matrixPage } from '../test-kit/matrix/matrix-page.js';

const COLUMNS = [
  ['galaxy-cache'],
  ['cfg-align'],
  ['hsa'],
  ['guidance-interval'],
  ['cached-guidance'],
  ['galaxy-cache', 'cfg-align'],
  ['galaxy-cache', 'hsa'],
  ['cfg-align', 'hsa'],
];
/** Runs are saved after this step, in the midst of what plugins reuse and of an expert's steps. */
const SAVED = 4;
const titles = COLUMNS.map((column) => column.join(' + '));
const make = (column: readonly string[]) => column.flatMap((name) => ACTING[name]?.make() ?? []);

const cells: Record<string, Record<string, string>> = {};

describe.each(Object.entries(GOLDEN_SUBJECTS))('%s', async (model, open) => {
  const subject = await open();
  const results = new Map<string, DenoiseResult>();
  const of = (title: string): DenoiseResult => {
    const result = results.get(title);
    if (!result) throw new Error(`${title || 'the plain model'} did not run`);
    return result;
  };
  const row: Record<string, string> = {};
  cells[model] = row;

  beforeAll(async () => {
    results.set('', await runOn(subject, { steps: STEPS }));
  });

  it.each(COLUMNS.map((column) => ({ title: column.join(' + '), column })))(
    '$title: runs, the same twice, acts where it should',
    async ({ title, column }) => {
      const run = (more: Partial<DenoiseRequest> = {}) =>
        runOn(subject, { steps: STEPS, plugins: make(column) }, more);
      const saved: SavedRun[] = [];
      const saving = async (step: number, save: () => Promise<SavedRun>): Promise<void> => {
        if (step === SAVED) saved.push(await save());
      };
      // Where cfg-align has nothing to align, the bytes of the run without it are the second run.
      const alike = column.includes('cfg-align') && !column.includes('galaxy-cache');
      const [result, again] = await Promise.all([run({ afterStep: saving }), alike ? undefined : run()]);
      results.set(title, result);
      const [resume] = saved;
      if (!resume) throw new Error('nothing was saved');
      const resumed = await run({ resume });
      hold(sameBytes(resumed.latents, result.latents), 'a run that goes on from a save is another one');
      expect(resumed.ledger.decisions).toEqual(result.ledger.decisions);
      hold(finite(result), 'numbers that are not finite');
      hold(result.leaked === 0, `${result.leaked} tensors are still held`);
      if (again) {
        hold(sameBytes(again.latents, result.latents), 'latents differ between two runs');
        expect(again.ledger).toEqual(result.ledger);
      }
      const clean = subject.given?.pinned?.video?.clean;
      if (clean) {
        const data = result.latents.video?.data.slice(0, clean.data.length) ?? new Float32Array();
        expect(errorOf({ video: { ...clean, data } }, { video: clean })).toBeLessThan(1e-5);
      }
      const did = column.map((name) => ACTING[name]?.acted({ subject, result, column, of }));
      row[title] = did.join('; ');
    },
  );

  it.each(COLUMNS.map((column) => ({ title: column.join(' + '), column })))(
    '$title: with input frozen, every pass gives the rows of the first full one at 1e-6',
    async ({ column }) => {
      const seen: FrozenResult[] = [];
      const plugins = [frozenInput((result) => seen.push(result)), ...make(column)];
      await runOn(subject, { steps: STEPS, plugins, schedule: frozenSchedule(STEPS, 0.9) });
      expect(seen.filter(({ error }) => !(error <= 1e-6))).toEqual([]);
      const streams = column.includes('hsa') ? ['video'] : Object.keys(rowsOf(subject));
      const [leader, ...others] = branchesOf(subject);
      const narrowed = (branch: string | undefined) =>
        new Set(seen.flatMap((one) => (one.branch === branch ? one.narrowed : [])));
      expect([...narrowed(leader)].sort()).toEqual([...streams].sort());
      for (const branch of others) expect(narrowed(branch).size, branch).toBeGreaterThan(0);
    },
  );
});

describe.each(Object.entries(GOLDEN_SUBJECTS).filter(([model]) => /^LTX-2\.\d(?!.*first frame)/.test(model)))(
  '%s under hsa',
  async (_, open) => {
    const subject = await open();
    it('the sound reads the keys and values of video tokens that idle', async () => {
      const options = { strides: [1, 5], early: { steps: 3 }, late: { steps: 0 } };
      const [all, none] = await Promise.all(
        (['all', 'none'] as const).map((sync) =>
          runOn(subject, { steps: STEPS, plugins: [hsa({ ...options, sync })] }),
        ),
      );
      const audio = ({ latents }: DenoiseResult) => ({
        audio: latents.audio as NonNullable<typeof latents.audio>,
      });
      if (!all || !none) throw new Error('no runs');
      expect(errorOf(audio(none), audio(all))).toBeGreaterThan(1e-5);
      expect(all.ledger.passes.every(({ rows }) => rows.audio === rowsOf(subject).audio)).toBe(true);
    });
  },
);

it('is what docs/matrix.md says', async () => {
  const page = fileURLToPath(new URL('../../../../docs/matrix.md', import.meta.url));
  await expect(matrixPage(titles, cells as Cells)).toMatchFileSnapshot(page);
});

const finite = ({ latents }: DenoiseResult): boolean =>
  Object.values(latents).every(({ data }) => [...data].every((value) => Number.isFinite(Number(value))));
