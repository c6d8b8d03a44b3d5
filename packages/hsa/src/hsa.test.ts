import { denoise, during, euler, type Ledger, makePlan, only, type Sampler, unipc } from '@skipstone/core';
import {
  errorOf,
  groupedReuse,
  middleSkip,
  planOn,
  pluginLaws,
  runOn,
  type SubjectRun,
  sameBytes,
  toyBranches,
  toyGuidance,
  toySubject,
} from '@skipstone/core/testing';
import { describe, expect, it, test } from 'vitest';
import { assignmentOf } from './assignment-of.js';
import { hsa } from './hsa.js';
import type { HsaOptions } from './options.js';

const STEPS = 12;
const THREE = {
  strides: [1, 2, 4],
  fractions: [0.25, 0.25, 0.5],
  early: { steps: 3 },
  late: { steps: 1 },
  scoreSteps: [1, 2],
  streams: ['video', 'audio'],
} as const satisfies HsaOptions;
const { streams: _streams, ...ONE_STREAM } = THREE;
const GIVEN = { video: '012012012012', audio: '012' };
const LAZY = {
  strides: [2, 4, 6],
  early: { steps: 0 },
  late: { steps: 0 },
  streams: ['video', 'audio'],
  assignment: GIVEN,
} as const satisfies HsaOptions;

const reuse = Array.from({ length: STEPS }, (_, i) => i % 2 === 1);
const groups = { video: Int32Array.from({ length: 12 }, (_, i) => i % 2), audio: Int32Array.from([0, 1, 1]) };
const others = [
  () => groupedReuse({ tap: 'blocks.0.attn_out', groups, early: 4, late: 1, reuse, strides: [1, 2] }),
  () =>
    middleSkip({
      from: 'blocks.0',
      to: 'blocks.2',
      skips: Array.from({ length: STEPS }, (_, i) => i > 3 && i !== 6),
      decided: 'inside',
    }),
];

describe('the laws of plugins, on two streams, four branches and two phases', {
  timeout: 60_000,
}, async () => {
  const subject = await toySubject();
  const underLaw = (name: string, options: HsaOptions, sampler: () => Sampler, beside = others) =>
    pluginLaws(subject, {
      name,
      on: () => hsa(options),
      off: () => hsa({ ...options, strides: options.strides?.map(() => 1) ?? [] }),
      warmup: 1,
      hit: ({ key, value }) => key === 'due' && Array.isArray(value) && value.includes(false),
      others: beside,
      sampler,
    });
  it.each([
    ...underLaw('scored, Euler', THREE, euler),
    ...underLaw('scored, UniPC', THREE, unipc),
    ...underLaw('one stream of two, Euler', ONE_STREAM, euler, []),
    ...underLaw('one stream of two, UniPC', ONE_STREAM, unipc, []),
    ...underLaw('given, Euler', LAZY, euler),
    ...underLaw('given, UniPC', LAZY, unipc),
    ...underLaw('leader only', { ...THREE, sync: 'leader' }, euler, others.slice(1)),
    ...underLaw('leader only, UniPC', { ...THREE, sync: 'leader' }, unipc, others.slice(1)),
    // It keeps nothing of a branch that could be stale when it returns.
    ...underLaw('no sync', { ...LAZY, sync: 'none' }, euler, others.slice(1)).filter(
      (law) => !law.name.includes('left out'),
    ),
    ...underLaw('ranked anew, none idle for long', { ...THREE, rerank: 4, maxIdle: 2 }, euler),
  ])('$name', (law) => law.check());
});

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

describe('what comes out', { timeout: 60_000 }, async () => {
  const subject = await toySubject(1);

  test.each([
    ['Euler', euler, 2],
    ['Euler', euler, 3],
    ['UniPC', unipc, 2],
    ['UniPC', unipc, 4],
  ])(
    '%s: all tokens at a stride equal the plain run on every so manieth noise level',
    async (_, sampler, stride) => {
      const assignment = { video: '0'.repeat(12), audio: '000' };
      const windows = { early: { steps: 0 }, late: { steps: 0 }, streams: LAZY.streams };
      const strided = {
        steps: STEPS,
        sampler: sampler(),
        plugins: [hsa({ strides: [stride], assignment, ...windows })],
      };
      const got = await runOn(subject, strided);
      const { request } = planOn(subject, { steps: STEPS, sampler: sampler() });
      const { schedule, phases } = request;
      const some = (list: readonly number[]) => list.filter((_, i) => i % stride === 0);
      const coarse = {
        ...schedule,
        timesteps: some(schedule.timesteps),
        sigmas: [...some(schedule.sigmas.slice(0, -1)), 0],
      };
      const plan = makePlan({
        ...request,
        schedule: coarse,
        phases: phases.map((phase) => ({ ...phase, to: STEPS / stride })),
      });
      const { conditions, latents } = subject;
      const want = await denoise({ plan, latents, conditions, threads: 1 });
      expect(errorOf(got.latents, want.latents)).toBeLessThan(1e-5);
    },
  );

  test.each([
    ['Euler', euler],
    ['UniPC', unipc],
  ])('%s: the groups of a run, given to the next, give the same bytes', async (_, sampler) => {
    const scored = await runOn(subject, { steps: STEPS, sampler: sampler(), plugins: [hsa(THREE)] });
    const assignment = assignmentOf(scored.ledger);
    if (!assignment) throw new Error('no groups');
    const { strides, early, late, streams } = THREE;
    const given = await runOn(subject, {
      steps: STEPS,
      sampler: sampler(),
      plugins: [hsa({ strides, early, late, streams, assignment })],
    });
    expect(sameBytes(given.latents, scored.latents)).toBe(true);
    expect(assignment).not.toEqual({ video: '0'.repeat(12), audio: '000' });
  });

  test('active tokens see idle ones, unless keys and values are not kept', async () => {
    const run = (options: HsaOptions) =>
      runOn(subject, { steps: STEPS, guidance: only(), plugins: [hsa(options)] });
    const [all, leader, none] = [
      await run(LAZY),
      await run({ ...LAZY, sync: 'leader' }),
      await run({ ...LAZY, sync: 'none' }),
    ];
    expect(sameBytes(leader.latents, all.latents)).toBe(true);
    expect(errorOf(none.latents, all.latents)).toBeGreaterThan(1e-3);
    expect(none.heldBytes).toBeLessThan(all.heldBytes);
  });

  test('groups of a ledger that was edited are followed, those of other tokens refused', async () => {
    const first = await runOn(subject, { steps: STEPS, plugins: [hsa(THREE)] });
    const edited = (groups: Record<string, string>): Ledger => ({
      ...first.ledger,
      decisions: first.ledger.decisions.map((row) =>
        row.key === 'groups' ? { ...row, value: groups } : row,
      ),
    });
    const replay = (groups: Record<string, string>) =>
      runOn(subject, { steps: STEPS, plugins: [hsa(THREE)] }, { replay: edited(groups) });
    const { ledger } = await replay({ video: '011111111111', audio: '011' });
    expect(ledger.passes.find(({ step }) => step === 5)?.rows).toEqual({ video: 1, audio: 1 });
    await expect(replay({ video: '01', audio: '011' })).rejects.toThrow(/2 tokens of video/);
  });

  test.each([
    ['ranks anew', { rerank: 4 }],
    ['bounds idling', { maxIdle: 4 }],
  ])('what %s cannot say when a token is due next, which UniPC must know', (_, options) => {
    const plan = () =>
      planOn(subject, { steps: STEPS, sampler: unipc(), plugins: [hsa({ ...THREE, ...options })] });
    expect(plan).toThrow(/hsa: it cannot say a token's next step, which unipc must know/);
  });

  test('groups that are ranked anew change', async () => {
    const { ledger } = await runOn(subject, { steps: STEPS, plugins: [hsa({ ...THREE, rerank: 4 })] });
    const decided = ledger.decisions.filter(({ key }) => key === 'groups');
    expect(decided.map(({ step }) => step)).toEqual([2, 4, 8]);
    expect(new Set(decided.map(({ value }) => JSON.stringify(value))).size).toBeGreaterThan(1);
  });

  test('tokens that are pinned to clean latents are in the last group', async () => {
    const { spec } = subject.models[0] ?? {};
    const width = spec?.streams.video?.patch ?? 0;
    const clean = { type: 'float32', shape: [3, width], data: new Float32Array(3 * width) } as const;
    const pinned = { ...subject, given: { pinned: { video: { rows: Int32Array.of(0, 1, 2), clean } } } };
    const { ledger } = await runOn(pinned, { steps: STEPS, plugins: [hsa(THREE)] });
    expect(assignmentOf(ledger)?.video?.slice(0, 3)).toBe('222');
  });
});

describe('the plan', { timeout: 60_000 }, async () => {
  const subject = await toySubject(1);
  const plan = (options: HsaOptions, steps = STEPS) => planOn(subject, { steps, plugins: [hsa(options)] });

  test('says what will be computed', () => {
    expect(plan(THREE).phases[0]?.outlook).toEqual([
      'hsa: tokens 25 % every step, 25 % every 2 steps, 50 % every 4 steps; all in the first 3 and last 1 of 12 steps',
      'hsa: active tokens in %, steps 0–11: 100×3 25 100 25 50 25 100 25 50 100',
      "hsa: 66.7 % of a full run's rows",
    ]);
  });

  test.each([
    ['leader', "hsa: 66.7 % of a full run's rows, in the branch that leads; all rows in the others"],
    ['none', "hsa: 66.7 % of a full run's rows, attending to each other only"],
  ] as const)('says what is synced: %s', (sync, line) => {
    expect(plan({ ...THREE, sync }).phases[0]?.outlook.at(-1)).toBe(line);
  });

  test('refuses a second plugin that wants other keys and values', () => {
    const plugins = [hsa({ ...THREE, sync: 'none' }), ...others.map((other) => other())];
    expect(() => planOn(subject, { steps: STEPS, plugins })).toThrow(
      /hsa and grouped-reuse do not agree what computed rows attend to/,
    );
  });

  test('refuses an assignment of other tokens', () => {
    const of = (assignment: Record<string, string>) => () => plan({ ...LAZY, assignment });
    expect(of({ video: '01', audio: '012' })).toThrow(/have {3}2 tokens of video\n {2}need {3}12 tokens/);
    expect(of({ ...GIVEN, audio: '013' })).toThrow(/a group 3 of audio/);
    expect(of({ ...GIVEN, audio: '111' })).toThrow(/no token of audio in group 0/);
    expect(of({ ...GIVEN, text: '0' })).toThrow(/a stream text/);
    expect(() => plan({ ...ONE_STREAM, streams: ['sound'] })).toThrow(/no such stream(.|\n)*video, audio/);
  });

  test('refuses to score until the end', () => {
    expect(() => plan({ ...THREE, scoreSteps: [2, 11] })).toThrow(/nothing left to allocate/);
  });

  test('refuses a budget out of reach, and says what is within', () => {
    expect(() => plan({ ...THREE, budget: 0.4 })).toThrow(/between 50.0 % and 100.0 %/);
  });
});
