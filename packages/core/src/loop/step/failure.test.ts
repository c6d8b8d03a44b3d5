import { describe, expect, it } from 'vitest';
import { rejectionOf } from '../../testing/fault.js';
import { run, two } from '../../testing/small/two-branches.js';
import { workerThreads } from '../../testing/small/worker-threads.js';
import { plugin } from '../../testing/small/written-plugin.js';

describe('a failure', () => {
  it('of the runtime names the span, the branch and the step', async () => {
    const wrong = plugin(
      'wrong',
      ({ kernels }) => ({
        trunk: async (call, next) => {
          const hidden = await call.cursor.advance('blocks.0');
          if (call.step === 0 || call.branch === 'cond') return next(call);
          const part = kernels.gather(hidden, { video: Int32Array.of(0, 1), audio: 'all' });
          await call.cursor.jump('blocks.1', part);
          return next(call);
        },
      }),
      { jumps: [{ from: 'blocks.0', to: 'blocks.1', decided: 'inside' }], cuts: ['blocks.3'] },
    );
    const error = await rejectionOf(run([wrong]));
    expect(error.message).toContain('the runtime failed at plain/blocks.3, branch uncond, step 1');
    expect(error).toMatchObject({ code: 'runtime' });
  });

  it('in a hook says whose it was; in setup too', async () => {
    const failing = plugin('failing', () => ({
      forward: (call, next) => (call.step === 2 ? Promise.reject(new Error('oh')) : next(call)),
    }));
    const outer = plugin('outer', () => ({ evaluate: (call, next) => next(call) }));
    expect((await rejectionOf(run([outer, failing]))).message).toMatch(/^failing, forward, step 2: oh\n/);
    const never = plugin('never', () => {
      throw new Error('no');
    });
    expect((await rejectionOf(run([never]))).message).toMatch(/^never, setup: no\n/);
  });

  it('leaves no thread and no second failure behind', async () => {
    const before = workerThreads();
    const hasty = plugin('hasty', ({ kernels }) => ({
      evaluate: async (call) => {
        void kernels.mean(call.latents);
        throw new Error('oh');
      },
    }));
    await rejectionOf(run([hasty]));
    expect(workerThreads()).toBe(before);
  });

  it('is one where text is missing', async () => {
    const { uncond: _, ...conditions } = two.conditions;
    const error = await rejectionOf(run([], {}, { conditions }));
    expect(error.message).toMatchInlineSnapshot(`
      "branch uncond reads uncond.text, which was not given
        have   cond: text
        need   conditions.uncond.text
        do     give the encoded text of every branch that guidance runs"
    `);
  });
});
