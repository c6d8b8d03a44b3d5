import { describe, expect, it } from 'vitest';
import type { Plugin } from '../../spec/plugin.js';
import { rejectionOf } from '../../testing/fault.js';
import { run, two } from '../../testing/small/two-branches.js';
import { plugin, residual } from '../../testing/small/written-plugin.js';
import { runOn, type SubjectRun, sameBytes } from '../../testing/subject.js';
import type { SavedRun } from './saved-run.js';

describe('a saved run', () => {
  const saveAfter = async (
    at: number,
    plugins: readonly Plugin[],
    more: SubjectRun = {},
  ): Promise<SavedRun> => {
    let saved: SavedRun | undefined;
    const afterStep = async (step: number, save: () => Promise<SavedRun>): Promise<void> => {
      if (step === at) saved = await save();
    };
    await run(plugins, more, { afterStep });
    if (!saved) throw new Error(`nothing was saved after step ${at}`);
    return saved;
  };

  it('is refused under another plan', async () => {
    const saved = await saveAfter(1, [residual(() => false)]);
    const resume = (plugins: readonly Plugin[], more: SubjectRun = {}) =>
      rejectionOf(run(plugins, more, { resume: saved }));
    expect((await resume([])).message).toMatchInlineSnapshot(`
      "the run to resume was made otherwise than the one asked for
        have   plugins residual
        need   plugins none
        do     resume with what the run was started with, or start anew"
    `);
    const longer = await resume([residual(() => false)], { steps: 5 });
    expect(longer.message).toContain('the run to resume is of another run');
    const keeping = plugin('residual', ({ cell }) => {
      cell(0);
      return {};
    });
    expect((await resume([keeping])).message).toMatchInlineSnapshot(`
      "the saved run was made under another plan
        have   cells 1, 0, 0
        need   cells 1, 0, 1
        do     resume with the same plugins, sampler, steps and size"
    `);
    const small = { frames: 2, height: 2, width: 2 };
    const shrunk = rejectionOf(
      runOn({ ...two, grid: small }, { steps: 3, plugins: [residual(() => false)] }, { resume: saved }),
    );
    expect((await shrunk).message).toContain('size ');
  });

  it('holds what was decided, and goes on deciding', async () => {
    const saved = await saveAfter(1, [residual((step) => step > 0)]);
    expect(saved.ledger.decisions.length).toBe(4);
    const resumed = await run([residual((step) => step > 0)], {}, { resume: saved });
    expect(resumed.ledger.decisions).toEqual((await run([residual((step) => step > 0)])).ledger.decisions);
  });

  it('does not change while the run it was taken of goes on', async () => {
    const saved: SavedRun[] = [];
    const texts: string[] = [];
    await run(
      [residual(() => false)],
      {},
      {
        afterStep: async (_, save) => {
          const one = await save();
          saved.push(one);
          texts.push(JSON.stringify(one));
        },
      },
    );
    expect(saved.map((one) => JSON.stringify(one))).toEqual(texts);
    expect(new Set(texts).size).toBe(3);
  });
});

describe.each(['float32', 'bfloat16', 'int8'] as const)('a run that stores residuals as %s', (storage) => {
  const storing: Plugin = {
    ...residual(() => false),
    needs: () => ({ cuts: ['trunk'], caches: { kept: { rowsOf: 'trunk', storage } } }),
    setup: ({ tokenCache, kernels }) => {
      const kept = tokenCache('kept');
      return {
        trunk: async (call, next) => {
          if (call.step % 2 === 1) return kernels.add(call.hidden, kept.read(call));
          const out = await next(call);
          kept.write(call, kernels.sub(out, call.hidden));
          return out;
        },
      };
    },
  };

  it('comes near the exact one, and leaks nothing', async () => {
    const [exact, stored] = [
      await run([residual((step) => step % 2 === 1)], { steps: 4 }),
      await run([storing], { steps: 4 }),
    ];
    const of = (result: typeof exact) => [...(result.latents.video?.data ?? [])].map(Number);
    const off = of(stored).map((x, i) => Math.abs(x - (of(exact)[i] ?? 0)));
    const size = Math.max(...of(exact).map(Math.abs));
    expect(Math.max(...off) / size).toBeLessThan(0.02);
    expect(Math.max(...off) > 0).toBe(storage !== 'float32');
    expect(stored.leaked).toBe(0);
  });

  it('saved and resumed at any step gives the same bytes', async () => {
    const saved: SavedRun[] = [];
    const afterStep = async (_: number, save: () => Promise<SavedRun>): Promise<void> => {
      saved.push(await save());
    };
    const whole = await run([storing], { steps: 4 }, { afterStep });
    expect(saved.length).toBe(4);
    for (const resume of saved) {
      const again = await run([storing], { steps: 4 }, { resume });
      expect(sameBytes(again.latents, whole.latents)).toBe(true);
    }
  });
});
