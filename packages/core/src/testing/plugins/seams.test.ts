import { describe, expect, it } from 'vitest';
import { unipc } from '../../sampler/unipc.js';
import { pluginLaws } from '../plugin-laws.js';
import { runOn, sameBytes } from '../subject.js';
import { toySubject } from '../toy/subject.js';
import { groupedReuse } from './grouped-reuse.js';
import { middleSkip } from './middle-skip.js';

// Step 9 too: there a branch that was left out comes back, and must not skip.
const skips = Array.from({ length: 12 }, (_, i) => i > 3 && i !== 6);
const groups = {
  video: Int32Array.from({ length: 12 }, (_, i) => i % 2),
  audio: Int32Array.from([0, 1, 1]),
};
const reuse = Array.from({ length: 12 }, (_, i) => i % 2 === 1);
const grouped = { tap: 'blocks.0.attn_out', groups, early: 4, late: 1 };
const onGrouped = () => groupedReuse({ ...grouped, reuse, strides: [1, 2] });
const between = { from: 'blocks.0', to: 'blocks.2', skips };
const cut = () => middleSkip({ ...between, decided: 'inside' });
const gated = () => middleSkip({ ...between, decided: 'before' });

describe('the seams, on two streams, four branches and two phases', async () => {
  const subject = await toySubject();

  it('a middle that is cut out and one that is gated off give the same bytes', async () => {
    const [a, b] = [
      await runOn(subject, { steps: 12, plugins: [cut()] }),
      await runOn(subject, { steps: 12, plugins: [gated()] }),
    ];
    expect(sameBytes(a.latents, b.latents)).toBe(true);
    expect(a.ledger.decisions).toEqual(b.ledger.decisions);
    expect(a.ledger.decisions.filter((d) => d.value === true).length).toBeGreaterThan(8);
  });

  it('a cut middle does not run the spans it jumps over, a gated one closes its gate', async () => {
    const passAt = async (plugin: ReturnType<typeof cut>, step: number) => {
      const { ledger } = await runOn(subject, { steps: 12, plugins: [plugin] });
      const pass = ledger.passes.find((p) => p.step === step && p.branch === 'uncond');
      return [pass?.spans, pass?.closed];
    };
    const ends = (middle: readonly string[]) => ['plain/blocks.0', ...middle, 'plain/end'];
    expect(await passAt(cut(), 4)).toEqual([ends([]), []]);
    expect(await passAt(cut(), 3)).toEqual([ends(['plain/blocks.2']), []]);
    expect(await passAt(gated(), 4)).toEqual([ends([]), ['gate.blocks.0.blocks.2']]);
    expect(await passAt(gated(), 3)).toEqual([ends([]), []]);
  });

  it('spans and row counts of grouped reuse are those of its schedule', async () => {
    const { ledger } = await runOn(subject, { steps: 12, plugins: [onGrouped()] });
    const at = (step: number) =>
      ledger.passes
        .filter((pass) => pass.step === step)
        .map(({ branch, spans, rows }) => [
          branch,
          spans.filter((s) => !/run|step/.test(s)).length,
          rows.video,
          rows.audio,
        ]);
    // Step 8 computes everything, step 9 reuses with half of the tokens: the leader probes, all others only end.
    expect(at(8).map((row) => row.slice(2))).toEqual([
      [12, 3],
      [12, 3],
      [12, 3],
      [12, 3],
    ]);
    expect(at(9)).toEqual([
      ['cond', 2, 6, 1],
      ['uncond', 1, 6, 1],
      ['perturbed', 1, 6, 1],
      ['isolated', 1, 6, 1],
    ]);
  });

  const hit = (key: string) => (d: { key: string; value: unknown }) => d.key === key && d.value === true;
  const laws = [
    ...pluginLaws(subject, {
      name: 'grouped-reuse',
      on: onGrouped,
      off: () => groupedReuse({ ...grouped, reuse: [], strides: [1, 1] }),
      warmup: 1,
      hit: hit('reuse'),
      others: [cut],
    }),
    ...[cut, gated].flatMap((on, i) =>
      pluginLaws(subject, {
        name: `middle-skip, ${i === 0 ? 'cut' : 'gated'}`,
        on,
        off: () => middleSkip({ ...between, skips: [], decided: i === 0 ? 'inside' : 'before' }),
        warmup: 3,
        hit: hit('skip'),
        sampler: unipc,
      }),
    ),
  ];
  it.each(laws)('$name', (law) => law.check());
});
