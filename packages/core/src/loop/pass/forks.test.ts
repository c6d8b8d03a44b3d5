import { describe, expect, it } from 'vitest';
import type { Plugin } from '../../spec/plugin.js';
import type { Rows } from '../../spec/tensor.js';
import { plugin } from '../../testing/small/written-plugin.js';
import { errorOf, runOn, sameBytes } from '../../testing/subject.js';
import { toySubject } from '../../testing/toy/subject.js';

describe('a forked branch', async () => {
  const toy = await toySubject(1);

  it('has no blocks before the fork for a plugin to stand at', async () => {
    const asked: Record<string, number[]> = {};
    const asking = plugin(
      'asking',
      () => ({
        block: (call, next) => {
          asked[call.branch] = [...(asked[call.branch] ?? []), call.index];
          return next(call);
        },
      }),
      { blocks: true },
    );
    const { latents } = await runOn(toy, { steps: 1, plugins: [asking] });
    const count = toy.models[0]?.spec.blocks ?? 0;
    const all = Array.from({ length: count }, (_, i) => i);
    expect(asked).toEqual({ cond: all, uncond: all, isolated: all, perturbed: all.slice(1) });
    expect(
      sameBytes(
        latents,
        (await runOn(toy, { steps: 1, plugins: [plugin('cutting', () => ({}), { blocks: true })] })).latents,
      ),
    ).toBe(true);
  });

  it('goes on from rows of the same evaluation where a step is evaluated twice', async () => {
    const rows: Rows = { video: Int32Array.of(1, 4), audio: Int32Array.of(0) };
    const twice = (both: boolean): Plugin =>
      plugin(
        'twice',
        () => ({
          evaluate: async (call, next) => {
            const whole = await next(call);
            if (both) await next({ ...call, rows });
            return whole;
          },
        }),
        { rows: true },
      );
    const [a, b] = [
      await runOn(toy, { steps: 2, plugins: [twice(true)] }),
      await runOn(toy, { steps: 2, plugins: [twice(false)] }),
    ];
    expect(errorOf(a.latents, b.latents)).toBeLessThan(1e-6);
    const parts = a.ledger.passes.filter((pass) => pass.rows.video === 2);
    expect(parts.map((pass) => pass.branch)).toEqual([
      'cond',
      'uncond',
      'perturbed',
      'isolated',
      ...['cond', 'uncond', 'perturbed', 'isolated'],
    ]);
  });

  it('does not go on from hidden streams of an earlier evaluation of its step', async () => {
    const again = plugin(
      'again',
      ({ kernels, cell }) => {
        const times = cell<number>(0);
        return {
          evaluate: async (call, next) => {
            times.value = 1;
            await next(call);
            times.value = 2;
            const latents = kernels.scaledAdd([{ scale: 2, of: call.latents }]);
            return next({ ...call, latents });
          },
          trunk: async (call, next) => {
            if (times.value === 2 && call.branch === 'cond') await call.cursor.jump('trunk', call.hidden);
            return next(call);
          },
        };
      },
      { jumps: [{ from: 'embed', to: 'trunk', decided: 'inside' }] },
    );
    const { ledger } = await runOn(toy, { steps: 1, plugins: [again] });
    const spans = ledger.passes.filter((pass) => pass.branch === 'perturbed').map((pass) => pass.spans);
    expect(spans.map((list) => list.includes('skip-attention/blocks.0'))).toEqual([false, true]);
  });
});
