import { fileURLToPath } from 'node:url';
import { type DenoiseResult, euler, unipc } from '@skipstone/core';
import { errorOf, hold, runOn, sameBytes } from '@skipstone/core/testing';
import { hsa } from '@skipstone/hsa';
import { beforeAll, describe, expect, it } from 'vitest';
import { ACTING, branchesOf, rowsOf, STEPS } from '../test-kit/matrix/acting.js';
import { type FrozenResult, frozenInput, frozenSchedule } from '../test-kit/matrix/frozen-input.js';
import { BY_UNIPC, GOLDEN_SUBJECTS } from '../test-kit/matrix/golden-subjects.js';
import {
  comesBackWhole,
  type RunCell,
  replaysAs,
  resumesAs,
  savedAndAborted,
} from '../test-kit/matrix/matrix-laws.js';
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
/** The last branch is left out of this step; plugins would reuse or leave out rows at the next, in all models. */
const MISSING = 5;
const titles = COLUMNS.map((column) => column.join(' + '));
const make = (column: readonly string[]) => column.flatMap((name) => ACTING[name]?.make() ?? []);
const off = (column: readonly string[]) => column.flatMap((name) => ACTING[name]?.off() ?? []);
const named = (columns: readonly (readonly string[])[]) =>
  columns.map((column) => ({ title: column.join(' + '), column }));
/** What keeps something of a branch from one step to the next; under hsa, cfg-align changes nothing. */
const KEEPING = [['galaxy-cache'], ['hsa'], ['galaxy-cache', 'cfg-align'], ['galaxy-cache', 'hsa']];
/** A pair gives the bytes of the plain model if both of it do. */
const OFF = COLUMNS.filter((column) => column.length > 1 || /guidance/.test(column.join()));

const ROWS = Object.entries(GOLDEN_SUBJECTS).flatMap(([model, open]) => [
  { model, open, sampler: euler() },
  ...(BY_UNIPC.includes(model) ? [{ model: `${model}, UniPC`, open, sampler: unipc() }] : []),
]);

const cells: Record<string, Record<string, string>> = {};

describe.each(ROWS)('$model', async ({ model, open, sampler }) => {
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
    results.set('', await runOn(subject, { steps: STEPS, sampler }));
  });

  it.each(named(COLUMNS))(
    '$title: runs, acts where it should, can be aborted, resumed and replayed',
    async ({ title, column }) => {
      const run: RunCell = (more) => runOn(subject, { steps: STEPS, sampler, plugins: make(column) }, more);
      const result = await run();
      results.set(title, result);
      hold(finite(result), 'numbers that are not finite');
      hold(result.leaked === 0, `${result.leaked} tensors are still held`);
      await resumesAs(result, run, await savedAndAborted(run, SAVED));
      await replaysAs(result, run);
      const clean = subject.given?.pinned?.video?.clean;
      if (clean) {
        const data = result.latents.video?.data.slice(0, clean.data.length) ?? new Float32Array();
        expect(errorOf({ video: { ...clean, data } }, { video: clean })).toBeLessThan(1e-5);
      }
      const did = column.map((name) => ACTING[name]?.acted({ subject, result, column, of }));
      row[title] = did.join('; ');
    },
  );

  it.each(named(OFF))('$title: off is exactly off', async ({ column }) => {
    const { latents, leaked } = await runOn(subject, { steps: STEPS, sampler, plugins: off(column) });
    hold(sameBytes(latents, of('').latents), 'latents differ from those of the plain model');
    hold(leaked === 0, `${leaked} tensors are still held`);
  });

  // What concerns single passes is the same under any sampler.
  if (sampler.memory > 0) return;

  it.each(named(KEEPING))('$title: a branch that was left out comes back whole', ({ column }) =>
    comesBackWhole(subject, { steps: STEPS, sampler, plugins: make(column) }, MISSING),
  );

  it.each(named(COLUMNS))(
    '$title: with input frozen, every pass gives the rows of the first full one at 1e-6',
    async ({ column }) => {
      const seen: FrozenResult[] = [];
      const plugins = [frozenInput((result) => seen.push(result)), ...make(column)];
      await runOn(subject, { steps: STEPS, sampler, plugins, schedule: frozenSchedule(STEPS, 0.9) });
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
