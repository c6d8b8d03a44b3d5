import { describe, expect, it } from 'vitest';
import { cfg } from '../guidance/cfg.js';
import { eulerAncestral } from '../sampler/euler-ancestral.js';
import type { Plugin } from '../spec/plugin.js';
import { pluginLaws } from '../testing/plugin-laws.js';
import { groupedReuse } from '../testing/plugins/grouped-reuse.js';
import { planOn, runOn } from '../testing/subject.js';
import { toySubject } from '../testing/toy/subject.js';
import { type StepCache, stepCache } from './step-cache.js';

/** Reuses what blocks 1 and 2 added while what block 0 added has changed little since the last computed step. */
const stretch = (threshold: number, more: Partial<StepCache<{ sum: number }>> = {}): Plugin =>
  stepCache({
    name: 'stretch',
    looksAt: { at: 'blocks.0', minus: 'embed', since: 'computed' },
    keeps: {
      from: 'blocks.0',
      to: 'blocks.2',
      generations: 2,
      weigh: (_, steps) => [1, 0].slice(0, steps.length),
    },
    warmup: { steps: 2 },
    lastSteps: 1,
    maxConsecutive: 3,
    rule: () => ({
      first: { sum: 0 },
      answer: ({ sum }, { change }) => ({ reuse: sum + change < threshold, signal: sum + change, threshold }),
      settle: (_, { signal = 0 }, reuse) => ({ sum: reuse ? signal : 0 }),
    }),
    ...more,
  });

describe('a step cache of a stretch of blocks', async () => {
  const subject = await toySubject();
  const groups = { video: Int32Array.from({ length: 12 }, (_, i) => i % 2), audio: Int32Array.of(0, 1, 1) };
  const some = { reuse: [], groups, strides: [1, 2], early: 4, late: 1 };
  const laws = pluginLaws(subject, {
    name: 'stretch',
    on: () => stretch(9),
    off: () => stretch(0),
    warmup: 2,
    hit: ({ plugin, value }) => plugin === 'stretch' && value === true,
    others: [() => groupedReuse({ tap: 'blocks.0.attn_out', ...some })],
  });
  it.each(laws)('$name', (law) => law.check(), 60_000);

  it('runs the blocks before and after it where it reuses, within its limits', async () => {
    const { ledger } = await runOn(await toySubject(1), { steps: 8, plugins: [stretch(9)] });
    const cond = ledger.decisions.filter(({ branch }) => branch === 'cond');
    expect(cond.map(({ value, reason }) => (value ? 'r' : (reason ?? 'C')))).toEqual([
      ...['warm-up', 'warm-up', 'r', 'r', 'r', 'streak', 'r', 'last steps'],
    ]);
    const spans = (step: number) =>
      ledger.passes
        .filter((pass) => pass.step === step && pass.branch === 'cond')
        .flatMap((pass) => pass.spans.filter((id) => !/\/(run|step)\./.test(id)));
    const skipped = spans(1).filter((id) => !spans(2).includes(id));
    expect(skipped).toEqual(['plain/blocks.2']);
  });

  it('settles by what was done, where a replay answers otherwise', async () => {
    const one = await toySubject(1);
    const first = await runOn(one, { steps: 6, plugins: [stretch(9)] });
    const edited = first.ledger.decisions.map((row) => (row.step === 2 ? { ...row, value: false } : row));
    const replay = { ...first.ledger, decisions: edited };
    const { ledger } = await runOn(one, { steps: 6, plugins: [stretch(9)] }, { replay });
    const signal = (of: typeof ledger) => of.decisions.find(({ step }) => step === 3)?.signal ?? Number.NaN;
    expect(signal(ledger)).toBeLessThan(signal(first.ledger));
  });

  it('plans what it holds', async () => {
    const one = await toySubject(1);
    const measure = async () => ({});
    // A branch that forks shares with its leader what it goes on from, and holds less.
    const guidance = cfg({ scale: 4 });
    const run = { steps: 6, guidance, plugins: [stretch(9, { measure })] };
    const lines = planOn(one, run).memory.filter(({ what }) => what.startsWith('stretch: '));
    expect(lines.map(({ what }) => what)).toEqual(
      ['residual', 'proxy', 'measured'].map((name) => `stretch: ${name}`),
    );
    const [with_, without] = [await runOn(one, run), await runOn(one, { steps: 6, guidance })];
    expect(lines.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(with_.heldBytes - without.heldBytes);
  });

  it('refuses to keep predictions of a sampler that adds noise, and streams that are not there', async () => {
    const kept = stretch(9, { keeps: { what: 'prediction' } });
    expect(() => planOn(subject, { plugins: [kept], sampler: eulerAncestral({ seed: 1 }) })).toThrow(
      'a kept prediction knows nothing of noise',
    );
    const other = stretch(9, { looksAt: { at: 'latents', stream: 'vidio' } });
    expect(() => planOn(subject, { plugins: [other] })).toThrow('did you mean video?');
  });
});
