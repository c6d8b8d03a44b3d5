import { describe, expect, it } from 'vitest';
import { cfg } from '../../guidance/cfg.js';
import type { Rows } from '../../spec/tensor.js';
import { during } from '../../testing/during.js';
import { rejectionOf } from '../../testing/fault.js';
import { run } from '../../testing/small/two-branches.js';
import { plugin, residual } from '../../testing/small/written-plugin.js';

describe('guidance that leaves a branch out', () => {
  const interval = during(cfg({ scale: 4 }), (step) => (step === 1 ? ['cond'] : ['cond', 'uncond']));

  it('runs what it names, and hooks are told which', async () => {
    const seen: (readonly string[])[] = [];
    const looking = plugin('looking', () => ({
      evaluate: (call, next) => {
        seen.push(call.branches);
        return next(call);
      },
    }));
    const { ledger } = await run([looking], { guidance: interval });
    expect(seen).toEqual([['cond', 'uncond'], ['cond'], ['cond', 'uncond']]);
    expect(ledger.passes.map(({ step, branch }) => `${step} ${branch}`)).toEqual([
      '0 cond',
      '0 uncond',
      '1 cond',
      '2 cond',
      '2 uncond',
    ]);
  });

  it('makes every branch compute where one of them lacks what would be reused', async () => {
    const { ledger } = await run([residual(() => true)], { guidance: interval, steps: 4 });
    expect(ledger.decisions.map(({ step, branch, value }) => [step, branch, value])).toEqual([
      [0, 'cond', false],
      [0, 'uncond', false],
      [1, 'cond', true],
      [2, 'cond', false],
      [2, 'uncond', false],
      [3, 'cond', true],
      [3, 'uncond', true],
    ]);
  });

  it('forgets keys and values of a branch that was left out', async () => {
    const synced: boolean[][] = [];
    const asking = plugin(
      'asking',
      (setup) => ({
        evaluate: (call, next) => {
          synced.push([setup.synced(['cond']), setup.synced(['uncond']), setup.synced(call.branches)]);
          return next(call);
        },
      }),
      { rows: true },
    );
    await run([asking], { guidance: interval, steps: 4 });
    expect(synced).toEqual([
      [false, false, false],
      [true, false, true],
      [true, false, false],
      [true, true, true],
    ]);
  });

  it('and rows of a branch that is not in sync cannot be computed alone', async () => {
    const rows: Rows = { video: Int32Array.of(0, 1), audio: 'all' };
    const hasty = plugin(
      'hasty',
      () => ({ evaluate: async (call, next) => next(call.step === 2 ? { ...call, rows } : call) }),
      { rows: true },
    );
    const error = await rejectionOf(run([hasty], { guidance: interval }));
    expect(error.message).toMatchInlineSnapshot(`
      "hasty, evaluate, step 2: branch uncond computes some rows only, but blocks.0.video.values lacks others (span rows/end)
        have   2 of 12 rows
        need   keys and values of every row, from a pass that computed all of them
        do     compute all rows while synced(branches) is false: at first, and when a branch returns"
    `);
  });
});
