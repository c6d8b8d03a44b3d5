import { euler, unipc } from '@skipstone/core';
import {
  during,
  runOn,
  type SubjectRun,
  toyBranches,
  toyGuidance,
  toySubject,
} from '@skipstone/core/testing';
import { describe, expect, test } from 'vitest';
import { hsa } from './hsa.js';
import type { HsaOptions } from './options.js';
import { LAZY, ONE_STREAM, STEPS, THREE } from './test-kit/cases.js';

describe('what is computed', { timeout: 60_000 }, async () => {
  const [one, two] = [await toySubject(1), await toySubject(2)];
  const rowsBy = async (subject: typeof one, options: HsaOptions, run: SubjectRun = {}) => {
    const { ledger } = await runOn(subject, { steps: STEPS, ...run, plugins: [hsa(options)] });
    const branches = new Set(ledger.passes.map((pass) => pass.branch));
    for (const branch of branches) {
      const own = ledger.passes.filter((pass) => pass.branch === branch);
      const first = ledger.passes.filter((pass) => pass.branch === 'cond');
      expect(own.map(({ step, rows }) => [step, rows])).toEqual(first.map(({ step, rows }) => [step, rows]));
    }
    return Array.from({ length: STEPS }, (_, step) => {
      const pass = ledger.passes.find((p) => p.step === step);
      return pass ? [pass.rows.video, pass.rows.audio] : [0, 0];
    });
  };
  const all = [12, 3];

  test('sessions get the rows of due groups, all of them in the windows', async () => {
    expect(await rowsBy(one, THREE)).toEqual([
      all,
      all,
      all, // early, and scored
      [3, 1],
      all,
      [3, 1],
      [6, 2],
      [3, 1],
      all,
      [3, 1],
      [6, 2],
      all, // late
    ]);
  });

  test('streams that are not allocated compute all their tokens at every step', async () => {
    for (const sampler of [euler(), unipc()]) {
      const rows = await rowsBy(one, ONE_STREAM, { sampler });
      expect(rows.map(([video]) => video)).toEqual([12, 12, 12, 3, 12, 3, 6, 3, 12, 3, 6, 12]);
      expect(rows.every(([, audio]) => audio === 3)).toBe(true);
    }
    const audioOnly = await rowsBy(one, { ...ONE_STREAM, streams: ['audio'] });
    expect(audioOnly[5]).toEqual([12, 1]);
  });

  test('where keys and values are of the leader only, branches that do not go on from it compute all', async () => {
    const { ledger } = await runOn(one, { steps: STEPS, plugins: [hsa({ ...THREE, sync: 'leader' })] });
    const at = ledger.passes.filter(({ step }) => step === 5);
    expect(at.map(({ branch, rows }) => [branch, rows.video])).toEqual([
      ['cond', 3],
      ['uncond', 12],
      ['perturbed', 3],
      ['isolated', 12],
    ]);
  });

  test('a step at which no token is due calls no model', async () => {
    const none = [0, 0];
    const rows = [all, none, [4, 1], none, [8, 2], none, [8, 2], none, [8, 2], none, [4, 1], none];
    expect(await rowsBy(one, LAZY)).toEqual(rows);
    expect(await rowsBy(one, LAZY, { sampler: unipc() })).toEqual(rows);
  });

  test('the first step of a phase computes all tokens', async () => {
    for (const sampler of [euler(), unipc()]) {
      const rows = await rowsBy(two, { ...LAZY, strides: [1, 4, 5] }, { sampler });
      expect(rows[5]).toEqual([8, 2]);
      expect(rows[6]).toEqual(all);
      expect(rows[7]).toEqual([4, 1]);
    }
  });

  test('groups that were decided in one phase hold in the next', async () => {
    const { ledger } = await runOn(two, { steps: STEPS, plugins: [hsa(THREE)] });
    expect(ledger.decisions.filter(({ key }) => key === 'groups').map(({ step }) => step)).toEqual([2]);
  });

  test('a phase that begins anew scores anew', async () => {
    const { ledger } = await runOn(two, {
      steps: STEPS,
      plugins: [hsa(THREE)],
      crossing: 'restart',
      sampler: unipc(),
    });
    expect(ledger.decisions.filter(({ key }) => key === 'groups').map(({ step }) => step)).toEqual([2, 8]);
  });

  test.each([
    ['Euler', euler],
    ['UniPC', unipc],
  ])('%s: where a branch of guidance returns, all tokens are computed', async (_, sampler) => {
    const branches = toyBranches.map(({ name }) => name);
    const guidance = during(toyGuidance(), (step) =>
      step >= 5 && step <= 8 ? branches.slice(0, -1) : branches,
    );
    const { ledger, latents } = await runOn(one, {
      steps: STEPS,
      sampler: sampler(),
      guidance,
      plugins: [hsa({ ...LAZY, strides: [1, 4, 6] })],
    });
    const rows = Array.from(
      { length: STEPS },
      (_, step) => ledger.passes.find((p) => p.step === step)?.rows.video,
    );
    expect(rows).toEqual([12, 4, 4, 4, 8, 4, 8, 4, 8, 12, 4, 4]);
    const due = ledger.decisions.find(({ key, step }) => key === 'due' && step === 9);
    expect(due?.reason).toBe('not synced');
    expect(
      Object.values(latents).every(({ data }) => [...data].every((x) => Number.isFinite(Number(x)))),
    ).toBe(true);
  });

  test('a refresh computes all tokens at each nth step', async () => {
    const rows = await rowsBy(one, { ...LAZY, strides: [1, 12, 12], refreshEvery: 5 });
    expect(rows.flatMap((r, step) => (r[0] === 12 ? [step] : []))).toEqual([0, 5, 10]);
  });

  test('no token idles for longer than it may', async () => {
    const rows = await rowsBy(one, { ...LAZY, strides: [1, 1, 12], maxIdle: 3 });
    expect(rows.flatMap((r, step) => (r[0] === 12 ? [step] : []))).toEqual([0, 4, 8]);
  });

  test('sessions are made once, whatever the set of tokens', async () => {
    const labels = async (options: HsaOptions) => {
      const { runs } = await runOn(one, { steps: STEPS, plugins: [hsa(options)] });
      return [...new Set(runs.map((run) => run.label))].sort();
    };
    expect(await labels(THREE)).toEqual(await labels({ ...THREE, strides: [1, 1, 1] }));
  });
});
