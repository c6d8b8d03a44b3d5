import { denoise, euler, type Ledger, makePlan, only, unipc } from '@skipstone/core';
import { errorOf, planOn, runOn, sameBytes, toySubject } from '@skipstone/core/testing';
import { describe, expect, test } from 'vitest';
import { assignmentOf } from './assignment-of.js';
import { hsa } from './hsa.js';
import type { HsaOptions } from './options.js';
import { LAZY, STEPS, THREE } from './test-kit/cases.js';

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
