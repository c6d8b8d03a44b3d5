import { cachedGuidance, cfgAlign } from '@skipstone/cfg-align';
import { euler, type Plugin, type Sampler, type SavedRun, unipc } from '@skipstone/core';
import { pluginLaws, runOn, sameBytes, toySubject } from '@skipstone/core/testing';
import { galaxyCache } from '@skipstone/galaxy-cache';
import { hsa } from '@skipstone/hsa';
import { describe, expect, it, test } from 'vitest';

const STEPS = 12;
const tokens = () =>
  hsa({
    strides: [1, 2, 4],
    fractions: [0.25, 0.25, 0.5],
    early: { steps: 3 },
    late: { steps: 1 },
    scoreSteps: [1, 2],
  });
const steps = () => galaxyCache({ tap: 'attn_out', threshold: 0.6, warmup: { steps: 3 } });
const SAMPLERS: readonly (readonly [string, () => Sampler])[] = [
  ['Euler', euler],
  ['UniPC', unipc],
];

describe('hsa composes, on two streams, four branches and two phases', { timeout: 60_000 }, async () => {
  const subject = await toySubject();
  const laws = SAMPLERS.flatMap(([name, sampler]) =>
    pluginLaws(subject, {
      name: `hsa, ${name}`,
      on: tokens,
      off: tokens,
      warmup: 0,
      hit: () => false,
      others: [steps, cfgAlign, () => cachedGuidance({ every: 3 })],
      sampler,
    }).filter((law) => law.name.includes('composes')),
  );
  it.each(laws)('$name', (law) => law.check());
});

describe('hsa, galaxy-cache and cfg-align together', { timeout: 60_000 }, async () => {
  const subject = await toySubject();
  const orders: readonly (() => readonly Plugin[])[] = [
    () => [cfgAlign(), tokens(), steps()],
    () => [steps(), tokens(), cfgAlign()],
  ];
  const run = (sampler: () => Sampler, plugins: readonly Plugin[], more: Parameters<typeof runOn>[2] = {}) =>
    runOn(subject, { steps: STEPS, sampler: sampler(), plugins }, more);

  test.each(SAMPLERS)(
    '%s: their order changes nothing, since they stand at different hooks',
    async (_, sampler) => {
      const [a, b] = await Promise.all(orders.map((plugins) => run(sampler, plugins())));
      if (!a || !b) throw new Error('no runs');
      expect(sameBytes(a.latents, b.latents)).toBe(true);
      expect(a.ledger.passes).toEqual(b.ledger.passes);
    },
  );

  test.each(SAMPLERS)(
    '%s: a step that reuses computes the probe of its active tokens, once',
    async (_, sampler) => {
      const { ledger } = await run(sampler, orders[0]?.() ?? []);
      const reused = ledger.decisions.filter(
        (d) => d.key === 'reuse' && d.value === true && d.branch === 'cond',
      );
      expect(reused.length).toBeGreaterThan(2);
      const spans = (step: number, branch: string) =>
        ledger.passes
          .find((pass) => pass.step === step && pass.branch === branch)
          ?.spans.filter((span) => !/\/(run|step)\./.test(span));
      const some = reused.filter(({ step }) =>
        ledger.passes.some((pass) => pass.step === step && (pass.rows.video ?? 12) < 12),
      );
      expect(some.length).toBeGreaterThan(0);
      for (const { step } of some) {
        expect(spans(step, 'cond')).toHaveLength(2);
        expect(spans(step, 'uncond')).toHaveLength(1);
      }
    },
  );

  test.each(SAMPLERS)(
    '%s: saved after any step and resumed, the run gives the same bytes',
    async (_, sampler) => {
      const plugins = () => orders[0]?.() ?? [];
      const saved: SavedRun[] = [];
      const whole = await run(sampler, plugins(), {
        afterStep: async (_step, save) => void saved.push(await save()),
      });
      for (const resume of saved.slice(0, -1)) {
        const resumed = await run(sampler, plugins(), { resume });
        expect(sameBytes(resumed.latents, whole.latents)).toBe(true);
        expect(resumed.ledger.decisions).toEqual(whole.ledger.decisions);
      }
    },
  );
});
