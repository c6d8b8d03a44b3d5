import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { run } from '../../testing/small/two-branches.js';
import { workerThreads } from '../../testing/small/worker-threads.js';
import { plugin } from '../../testing/small/written-plugin.js';
import { sameBytes } from '../../testing/subject.js';

const told = (run: Promise<unknown>): Promise<Error> =>
  run.then(
    () => new Error('nothing was thrown'),
    (error: Error) => error,
  );

describe('an abort', () => {
  const settings = { maxRunSeconds: 1e-9, flopsPerSecond: 1 };

  it('stops between two spans of a pass, and no thread is left', async () => {
    const before = workerThreads();
    const abort = new AbortController();
    const seen: string[] = [];
    const stopping = plugin(
      'stopping',
      ({ kernels }) => ({
        trunk: async (call, next) => {
          await kernels.mean(await call.cursor.advance('blocks.1'));
          seen.push(`${call.branch} ${call.step}`);
          if (call.step === 1) abort.abort();
          return next(call);
        },
      }),
      { cuts: ['blocks.1'] },
    );
    const error = await told(run([stopping], { settings }, { signal: abort.signal }));
    expect(error).toMatchObject({ name: 'AbortError', message: 'the run was aborted' });
    expect(seen).toEqual(['cond 0', 'uncond 0', 'cond 1']);
    expect(workerThreads()).toBe(before);
  });

  it.each([
    ['another error', new Error('changed my mind')],
    ['a timeout', new DOMException('too late', 'TimeoutError')],
  ])('is an AbortError, caused by %s, whoever notices first', async (_, reason) => {
    for (const place of ['hook', 'step'] as const) {
      const abort = new AbortController();
      const waiting = plugin('waiting', () => ({
        evaluate: async (call, next) => {
          if (place === 'hook' && call.step === 1) abort.abort(reason);
          return next(call);
        },
      }));
      const afterStep = (step: number): void => {
        if (place === 'step' && step === 0) abort.abort(reason);
      };
      const error = await told(run([waiting], {}, { signal: abort.signal, afterStep }));
      expect(error).toMatchObject({ name: 'AbortError', cause: reason });
    }
  });

  it('before the run begins it a thread never', async () => {
    const before = workerThreads();
    const error = await told(run([], {}, { signal: AbortSignal.abort() }));
    expect([error.name, workerThreads()]).toEqual(['AbortError', before]);
  });

  it('after the run has no effect, and the signal is not listened to any more', async () => {
    const abort = new AbortController();
    const { latents } = await run([], {}, { signal: abort.signal });
    expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
    abort.abort();
    expect(sameBytes(latents, (await run([])).latents)).toBe(true);
  });
});
