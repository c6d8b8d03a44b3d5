import { describe, expect, it } from 'vitest';
import { cfg } from '../../guidance/cfg.js';
import type { Plugin } from '../../spec/plugin.js';
import type { Streams } from '../../spec/tensor.js';
import { during } from '../../testing/during.js';
import { rejectionOf } from '../../testing/fault.js';
import { groupedReuse } from '../../testing/plugins/grouped-reuse.js';
import { plugin } from '../../testing/small/written-plugin.js';
import { runOn, sameBytes } from '../../testing/subject.js';
import { toySubject } from '../../testing/toy/subject.js';

const toy = await toySubject(1);

const refusal = async (...plugins: Plugin[]): Promise<string> =>
  (await rejectionOf(runOn(toy, { plugins }))).message;

const narrow = (gone: (step: number) => readonly string[]): Plugin =>
  plugin('narrow', () => ({
    evaluate: (call, next) =>
      next({ ...call, branches: call.branches.filter((name) => !gone(call.step).includes(name)) }),
  }));

describe('an evaluate hook that hands on fewer branches', () => {
  it('gives the bytes of guidance that leaves them out', async () => {
    const two = { ...toy, guidance: cfg({ scale: 4 }) };
    const off = (step: number) => (step === 1 ? ['uncond'] : []);
    const narrowed = await runOn(two, { steps: 3, plugins: [narrow(off)] });
    const without = during(cfg({ scale: 4 }), (step) => (step === 1 ? ['cond'] : ['cond', 'uncond']));
    const plain = await runOn(two, { steps: 3, guidance: without });
    expect(sameBytes(narrowed.latents, plain.latents)).toBe(true);
    expect(narrowed.ledger.passes).toEqual(plain.ledger.passes);
  });

  it('makes caches forget what those branches held', async () => {
    const covered: boolean[] = [];
    const watcher = plugin(
      'watcher',
      ({ tokenCache }) => {
        const cache = tokenCache('hidden');
        return {
          trunk: async (call, next) => {
            if (call.branch === 'isolated') covered.push(cache.covers(call));
            const out = await next(call);
            cache.write(call, out);
            return out;
          },
        };
      },
      { cuts: ['trunk'], caches: { hidden: { rowsOf: 'trunk' } } },
    );
    const gone = narrow((step) => (step === 2 ? ['isolated'] : []));
    await runOn(toy, { steps: 5, plugins: [gone, watcher] });
    expect(covered).toEqual([false, true, false, true]);
  });

  it('is refused where it names others, or none', async () => {
    const naming = (branches: readonly string[]) =>
      refusal(plugin('n', () => ({ evaluate: (call, next) => next({ ...call, branches }) })));
    expect(await naming(['cond', 'uncnd'])).toContain('cond, uncnd');
    expect(await naming([])).toMatch(/have {3}none/);
  });
});

describe('a leader that guidance does not list first', () => {
  const options = {
    tap: 'blocks.0.attn_out',
    groups: { video: new Int32Array(12), audio: new Int32Array(3) },
    strides: [1],
    early: 0,
    late: 0,
  };
  const cache = groupedReuse({ ...options, reuse: [false, false, true, false] });
  const led = (leader: string) => plugin('align', () => ({}), { align: { of: 'all', leader } });
  const alone: Plugin = {
    ...cache,
    needs: (spec) => ({ ...cache.needs?.(spec), align: { of: 'own', leader: 'uncond' } }),
  };

  it('runs first, decides, and all others follow', async () => {
    const { ledger } = await runOn(toy, { steps: 4, plugins: [led('uncond'), cache] });
    expect(ledger.passes.slice(0, 4).map((pass) => pass.branch)).toEqual([
      'uncond',
      'cond',
      'perturbed',
      'isolated',
    ]);
    const rows = ledger.decisions.filter((row) => row.key === 'reuse' && row.step === 2);
    expect(rows.map(({ branch, value, follows }) => [branch, value, follows])).toEqual([
      ['uncond', true, undefined],
      ['cond', true, 'uncond'],
      ['perturbed', true, 'uncond'],
      ['isolated', true, 'uncond'],
    ]);
  });

  it('hands over to the branch that runs first, at steps that leave it out', async () => {
    const late = [...Array.from({ length: 3 }, () => false), ...Array.from({ length: 3 }, () => true)];
    const { ledger } = await runOn(toy, {
      plugins: [
        led('uncond'),
        narrow((step) => (step === 4 ? ['uncond'] : [])),
        groupedReuse({ ...options, reuse: late }),
      ],
    });
    const rows = ledger.decisions.filter((row) => row.key === 'reuse' && row.step >= 3);
    expect(rows.map(({ step, branch, value, follows }) => [step, branch, value, follows])).toEqual([
      [3, 'uncond', true, undefined],
      [3, 'cond', true, 'uncond'],
      [3, 'perturbed', true, 'uncond'],
      [3, 'isolated', true, 'uncond'],
      [4, 'cond', true, undefined],
      [4, 'perturbed', true, 'cond'],
      [4, 'isolated', true, 'cond'],
      [5, 'uncond', false, undefined],
      [5, 'cond', false, 'uncond'],
      [5, 'perturbed', false, 'uncond'],
      [5, 'isolated', false, 'uncond'],
    ]);
  });

  it('is refused where it goes on from another, where two lead, and where nobody has the name', async () => {
    expect(await refusal(led('perturbed'), alone)).toContain('the branch perturbed cannot lead');
    expect(
      await refusal(
        led('cond'),
        alone,
        plugin('other', () => ({})),
      ),
    ).toContain('follows');
    expect(
      await refusal(
        led('uncnd'),
        plugin('other', () => ({})),
      ),
    ).toContain('did you mean uncond?');
  });
});

describe('a jump to the end', () => {
  it('is the prediction of the pass, and neither trunk nor head runs', async () => {
    const ending = plugin(
      'ending',
      ({ tokenCache }) => {
        const before = tokenCache('before');
        return {
          forward: async (call, next) => {
            const prediction: Streams = await next(call);
            before.write(call, prediction);
            return prediction;
          },
          trunk: async (call, next) => {
            const again = await call.decide('reuse', () => call.step === 1 && before.covers(call));
            return again ? call.cursor.jump('end', before.read(call)) : next(call);
          },
        };
      },
      { align: { of: 'own' }, caches: { before: { rowsOf: 'latents' } } },
    );
    const { ledger, leaked } = await runOn(toy, { steps: 3, plugins: [ending] });
    // The embedding, which the hook is given, is of the step and not of the pass.
    const spans = (step: number) =>
      ledger.passes
        .flatMap((pass) => (pass.step === step ? pass.spans : []))
        .filter((id) => !/step/.test(id));
    expect(spans(1)).toEqual([]);
    expect(spans(2).length).toBeGreaterThan(4);
    expect(leaked).toBe(0);
  });
});
