import { expect, test } from 'vitest';
import { cfg } from '../guidance/cfg.js';
import { during } from '../testing/during.js';
import { middleSkip } from '../testing/plugins/middle-skip.js';
import { wanLikeSubject } from '../testing/small/wan-like.js';
import { planOn, runOn, type SubjectRun } from '../testing/subject.js';
import { computedShare } from './computed-share.js';

const subject = await wanLikeSubject(4);

async function shareOf(run: SubjectRun) {
  const { ledger } = await runOn(subject, run);
  return { ledger, plan: planOn(subject, run), ...computedShare(planOn(subject, run), ledger) };
}

const skip = (decided: 'inside' | 'before', skips: readonly boolean[] = [false, true, true, false]) =>
  shareOf({ steps: 4, plugins: [middleSkip({ from: 'blocks.0', to: 'blocks.2', skips, decided })] });

test('a run without plugins computes all of its work, each branch its part of a step', async () => {
  const { passes, whole } = await shareOf({ steps: 2 });
  expect(whole).toBeCloseTo(1, 12);
  expect(passes).toHaveLength(4);
  expect((passes[0] ?? 0) + (passes[1] ?? 0)).toBeCloseTo(1, 12);
  expect(passes[0]).toBeGreaterThan(passes[1] ?? 0);
});

test('a branch that guidance leaves out was not to be computed', async () => {
  const guidance = during(cfg({ scale: 4 }), (step) => (step === 1 ? ['cond'] : ['cond', 'uncond']));
  expect((await shareOf({ steps: 3, guidance })).whole).toBeCloseTo(1, 12);
});

test('a step that is not taken was not to be computed', async () => {
  const schedule = { name: 'repeats', timesteps: [1000, 500, 500], sigmas: [1, 0.5, 0.25, 0.25] };
  const { whole, passes } = await shareOf({ steps: 3, schedule });
  expect(passes).toHaveLength(4);
  expect(whole).toBeCloseTo(1, 12);
});

test('a stretch that was jumped over counts as nothing, cut or gated', async () => {
  const [cut, gated] = [await skip('inside'), await skip('before')];
  expect(gated.ledger.passes[2]?.closed).toHaveLength(1);
  expect(cut.passes[2]).toBeLessThan(0.7 * (cut.passes[0] ?? 0));
  expect(gated.passes).toEqual(cut.passes.map((share) => expect.closeTo(share, 12)));
  expect(gated.whole).toBeCloseTo(cut.whole, 12);
  expect(cut.whole).toBeLessThan((await skip('inside', [])).whole);
});

test('rows that were left out count as nothing', async () => {
  const { plan, ledger } = await shareOf({ steps: 2 });
  const passes = ledger.passes.map((pass) => ({ ...pass, rows: { video: 0 } }));
  const none = computedShare(planWithRows(plan), { ...ledger, passes });
  expect(none.whole).toBeLessThan(0.2);
});

/** The same plan in the form that computes some rows. */
function planWithRows({ request }: ReturnType<typeof planOn>) {
  const rows = { name: 'rows', contract: 1, needs: () => ({ rows: true }), setup: () => ({}) } as const;
  return planOn(subject, { steps: request.schedule.timesteps.length, plugins: [rows] });
}
