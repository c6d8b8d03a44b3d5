import { cfg, explain, type Plugin } from '@skipstone/core';
import {
  during,
  planOn,
  pluginLaws,
  runOn,
  sameBytes,
  toyGuidance,
  toySubject,
} from '@skipstone/core/testing';
import { describe, expect, it } from 'vitest';
import { cachedGuidance } from './cached-guidance.js';
import { cfgAlign } from './cfg-align.js';
import { guidanceInterval } from './guidance-interval.js';
import { grouped, skipping } from './test-kit/grouped.js';
import { recorder } from './test-kit/predictions.js';
import { type ResidualRead, stepCache } from './test-kit/step-cache.js';

const toy = await toySubject(1);
const everyThird = { every: 3, warmup: { steps: 2 } };
const SCALE = 4;

describe.each([
  ['two', cfg({ scale: SCALE })],
  ['four', toyGuidance()],
])('with %s branches', (_, guidance) => {
  const names = guidance.branches.map(({ name }) => name);

  it('runs all of them in the warm-up and every third step after the last time', async () => {
    const { ledger } = await runOn(toy, { guidance, steps: 9, plugins: [cachedGuidance(everyThird)] });
    const ran = Array.from({ length: 9 }, (_, step) =>
      ledger.passes.filter((pass) => pass.step === step).map(({ branch }) => branch),
    );
    const [all, alone] = [names, ['cond']];
    expect(ran).toEqual([all, all, alone, alone, all, alone, alone, all, alone]);
    expect(ledger.decisions.slice(0, 5).map(({ value, signal }) => [value, signal])).toEqual([
      [false, undefined],
      [false, 1],
      [true, 1],
      [true, 2],
      [false, 3],
    ]);
  });

  it('holds as many bytes as the plan printed', async () => {
    const run = { guidance, plugins: [cachedGuidance(everyThird)] };
    const line = planOn(toy, run).memory.find(({ what }) => what === 'cached-guidance: predictions');
    const [with_, without] = [await runOn(toy, run), await runOn(toy, { guidance })];
    expect(line?.bytes).toBe(with_.heldBytes - without.heldBytes);
  });

  it('changes no bit where every step is due', async () => {
    const with_ = await runOn(toy, { guidance, plugins: [cachedGuidance({ every: 1 })] });
    expect(sameBytes(with_.latents, (await runOn(toy, { guidance })).latents)).toBe(true);
  });

  it.each(['difference', 'prediction'] as const)('rebuilds from the last %s', async (form) => {
    const { plugin, of } = recorder();
    await runOn(toy, { guidance, plugins: [plugin, cachedGuidance({ ...everyThird, form })] });
    const at = (key: string) => of.get(key) ?? new Float32Array();
    const [lead, before] = [at('3 cond'), at('1 cond')];
    const pull: Readonly<Record<string, number>> = {
      uncond: names.length === 2 ? 1 - SCALE : -0.5,
      perturbed: -0.25,
      isolated: -0.25,
    };
    const guided = lead.map((value, i) => {
      const others = names.slice(1).map((name) => {
        const last = at(`1 ${name}`)[i] ?? 0;
        const rebuilt = form === 'prediction' ? last : last + value - (before[i] ?? 0);
        return (pull[name] ?? 0) * (rebuilt - value);
      });
      return value + others.reduce((a, b) => a + b, 0);
    });
    const largest = Math.max(...guided.map(Math.abs));
    const error = at('3 guided').map((value, i) => Math.abs(value - (guided[i] ?? 0)) / largest);
    expect(guided.length).toBe(24);
    expect(Math.max(...error)).toBeLessThan(1e-6);
  });
});

describe('what is of the past is not used', () => {
  const guidance = toyGuidance();
  const names = guidance.branches.map(({ name }) => name);

  it('all branches run when one of them returns that guidance had left out', async () => {
    const gone = during(guidance, (step) => (step === 3 || step === 4 ? names.slice(0, 3) : names));
    const plugins = [cachedGuidance({ every: 9, warmup: { steps: 2 } })];
    const { ledger } = await runOn(toy, { guidance: gone, steps: 8, plugins });
    expect(ledger.decisions.map(({ value }) => value)).toEqual([0, 0, 1, 1, 1, 0, 1, 1].map(Boolean));
  });

  it('nor what a plugin further in left out', async () => {
    const narrow: Plugin = {
      name: 'narrow',
      contract: 1,
      setup: () => ({
        evaluate: (call, next) =>
          next({ ...call, branches: call.branches.filter((name) => call.step !== 1 || name !== 'isolated') }),
      }),
    };
    const plugins = [cachedGuidance({ every: 9, warmup: { steps: 2 } }), narrow];
    const { ledger } = await runOn(toy, { plugins });
    expect(ledger.decisions.map(({ value }) => value)).toEqual([0, 0, 0, 1, 1, 1].map(Boolean));
  });

  it('step caches further in forget the branches that are skipped, and compute when they run again', async () => {
    const reads: ResidualRead[] = [];
    const plugins = [cachedGuidance(everyThird), cfgAlign(), stepCache(() => true, reads)];
    const { ledger } = await runOn(toy, { steps: 9, plugins });
    const ran = (step: number, branch: string) =>
      ledger.passes.some((pass) => pass.step === step && pass.branch === branch);
    for (const { step, branch, writtenAt } of reads)
      for (let between = writtenAt; between <= step; between++) expect(ran(between, branch)).toBe(true);
    expect(reads.map(({ step, branch }) => `${step} ${branch}`)).toEqual([
      '1 cond',
      '1 uncond',
      '1 perturbed',
      '1 isolated',
      '2 cond',
      '3 cond',
      '5 cond',
      '6 cond',
      '8 cond',
    ]);
  });

  it.each(['outside', 'inside'])(
    'tokens of their own rhythm, %s: no row waits longer than asked',
    async (side) => {
      const cached = cachedGuidance({ every: 4, warmup: { steps: 3 } });
      const plugins = side === 'outside' ? [grouped(), cached] : [cached, grouped()];
      const { ledger, latents, leaked } = await runOn(toy, { steps: 12, plugins });
      const rows = ledger.decisions.filter(({ plugin }) => plugin === 'cached-guidance');
      const reused = rows.filter(({ value }) => value === true);
      expect(reused.length).toBeGreaterThan(3);
      expect(reused.every(({ signal = 9 }) => signal < 4)).toBe(true);
      expect(ledger.passes.some((pass) => pass.rows.video === 6)).toBe(true);
      expect(latents.video?.data.every((value) => Number.isFinite(Number(value)))).toBe(true);
      expect(leaked).toBe(0);
    },
  );
});

it.each([
  [{ every: 0 }, 'every'],
  [{ every: 1.5 }, 'every'],
  [{ form: 'residual' }, 'form'],
  [{ warmup: { fraction: 1.5 } }, 'warmup'],
  [{ warmup: { steps: -1 } }, 'warmup'],
  [{ warmpu: 2 }, "did you mean 'warmup'?"],
])('refuses %j', (options, said) => {
  expect(() => cachedGuidance(options as object)).toThrow(said);
});

it('the plan says what will run', () => {
  const plan = planOn(toy, {
    steps: 9,
    plugins: [cachedGuidance({ every: 3 }), guidanceInterval({ to: 0.5 })],
  });
  expect(explain(plan)).toContain('all branches run at the first 4 steps, then once in 3 at least');
  expect(explain(plan)).toContain('guidance-interval: 7 of 9 steps are guided');
});

it('a warm-up is a share of the steps unless it counts them', async () => {
  const computed = async (options: Parameters<typeof cachedGuidance>[0]) => {
    const { ledger } = await runOn(toy, { steps: 10, plugins: [cachedGuidance({ every: 99, ...options })] });
    return ledger.decisions.filter(({ value }) => value === false).length;
  };
  expect(await computed({ warmup: { fraction: 0.3 } })).toBe(3);
  expect(await computed({ warmup: { steps: 7 } })).toBe(7);
  expect(await computed({})).toBe(4);
});

describe('the laws, on two phases', async () => {
  const subject = await toySubject();
  const laws = (['difference', 'prediction'] as const).flatMap((form) =>
    pluginLaws(subject, {
      name: `cached-guidance, ${form}`,
      on: () => cachedGuidance({ every: 3, form, warmup: { steps: 2 } }),
      off: () => cachedGuidance({ every: 1, form, warmup: { steps: 2 } }),
      warmup: 2,
      hit: (row) => row.plugin === 'cached-guidance' && row.value === true,
      others: form === 'difference' ? [grouped, skipping, () => stepCache((step) => step % 2 === 1)] : [],
    }),
  );
  it.each(laws)('$name', (law) => law.check());
});
