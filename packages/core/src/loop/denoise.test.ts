import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { cfg } from '../guidance/cfg.js';
import { during } from '../guidance/during.js';
import { only } from '../guidance/only.js';
import { type Ledger, parseLedger } from '../ledger/ledger.js';
import { unipc } from '../sampler/unipc.js';
import { CONTRACT, type Hooks, type Needs, type Plugin, type Setup } from '../spec/plugin.js';
import type { HostTensor, Rows, Streams } from '../spec/tensor.js';
import { someTensor } from '../testing/small/run-graph.js';
import { wanLikeSubject } from '../testing/small/wan-like.js';
import { errorOf, runOn, type Subject, type SubjectRun, sameBytes } from '../testing/subject.js';
import { toySubject } from '../testing/toy/subject.js';
import type { RunEvent } from './events.js';
import type { SavedRun } from './saved-run.js';

const plugin = (name: string, setup: (run: Setup) => Hooks, needs: Needs = {}): Plugin => ({
  name,
  contract: CONTRACT,
  needs: () => needs,
  setup,
});

/** Threads that this process keeps for workers. */
const threads = (): number =>
  process.getActiveResourcesInfo().filter((name) => name === 'MessagePort' || name === 'Worker').length;

const told = (run: Promise<unknown>): Promise<Error> =>
  run.then(
    () => new Error('nothing was thrown'),
    (error: Error) => error,
  );

/** One phase of the toy under plain guidance: the smallest run there is. */
const small = await toySubject(1);
const two: Subject = { ...small, guidance: cfg({ scale: 4 }) };
const run = (plugins: readonly Plugin[], more: SubjectRun = {}, request: Parameters<typeof runOn>[2] = {}) =>
  runOn(two, { steps: 3, plugins, ...more }, request);

/** Keeps the trunk's residual, decides by a list, compares what it sees with what it saw. */
const residual = (reuse: (step: number) => boolean, needs: Needs = { align: { of: 'own' } }): Plugin =>
  plugin(
    'residual',
    ({ tokenCache, kernels }) => {
      const kept = tokenCache();
      return {
        trunk: async (call, next) => {
          const again = await call.decide('reuse', (note) => {
            note({ reason: 'list' });
            return reuse(call.step) && kept.covers(call);
          });
          if (again) return kernels.add(call.hidden, kept.read(call));
          const out = await next(call);
          kept.write(call, kernels.sub(out, call.hidden));
          return out;
        },
      };
    },
    { cuts: ['trunk'], ...needs },
  );

describe('events', () => {
  const listen = async (plugins: readonly Plugin[], request: Parameters<typeof runOn>[2] = {}) => {
    const events: RunEvent[] = [];
    const result = await run(plugins, {}, { ...request, tell: (event) => events.push(event) });
    return { events, result };
  };

  it('come in the order in which things happen', async () => {
    const { events } = await listen([residual((step) => step > 0)], { previews: true });
    const line = (event: RunEvent): string => {
      switch (event.type) {
        case 'decision':
          return `decision ${event.step} ${event.branch} ${event.value}`;
        case 'branch':
          return `branch ${event.step} ${event.branch}`;
        case 'step':
          return `step ${event.done}/${event.steps}`;
        case 'preview':
          return `preview ${event.step}`;
        default:
          return event.type;
      }
    };
    const step = (i: number, hit: boolean) => [
      `decision ${i} cond ${hit}`,
      `branch ${i} cond`,
      `decision ${i} uncond ${hit}`,
      `branch ${i} uncond`,
      `step ${i + 1}/3`,
      `preview ${i}`,
    ];
    expect(events.map(line)).toEqual([
      'plan',
      'phase',
      ...step(0, false),
      ...step(1, true),
      ...step(2, true),
    ]);
  });

  it('of a step say how long it took and how long the rest will', async () => {
    const { events, result } = await listen([]);
    const steps = events.flatMap((event) => (event.type === 'step' ? [event] : []));
    expect(steps.every(({ ms }) => ms > 0)).toBe(true);
    expect(steps.map(({ etaMs }) => etaMs > 0)).toEqual([true, true, false]);
    const spent = steps.reduce((sum, { ms }) => sum + ms, 0);
    expect(result.runs.reduce((sum, { ms }) => sum + ms, 0)).toBeCloseTo(spent, 6);
  });

  it('previews are the latents after each step, the last one the result', async () => {
    const { events, result } = await listen([], { previews: true });
    const previews = events.flatMap((event) => (event.type === 'preview' ? [event.latents] : []));
    expect(previews.length).toBe(3);
    expect(sameBytes(previews[2] ?? {}, result.latents)).toBe(true);
    expect(sameBytes(previews[1] ?? {}, result.latents)).toBe(false);
  });

  it('say what is expected to be skipped', async () => {
    const cheap = plugin('cheap', () => ({ expectedShare: (step) => (step === 0 ? 1 : 0.1) }));
    const { events } = await listen([cheap]);
    const [first] = events.flatMap((event) => (event.type === 'step' ? [event] : []));
    expect((first?.etaMs ?? 0) / (first?.ms ?? 1)).toBeCloseTo(0.2, 6);
  });
});

describe('a replay', () => {
  const listed = () => residual((step) => step === 1);

  it('takes decisions from a ledger that went through JSON, and gives the same bytes', async () => {
    const first = await run([listed()]);
    const ledger = parseLedger(JSON.parse(JSON.stringify(first.ledger)));
    const again = await run([residual(() => false)], {}, { replay: ledger });
    expect(sameBytes(again.latents, first.latents)).toBe(true);
    expect(again.ledger).toEqual(first.ledger);
  });

  it('that was edited is another run', async () => {
    const first = await run([listed()]);
    const edited: Ledger = {
      ...first.ledger,
      decisions: first.ledger.decisions.map((row) => ({ ...row, value: row.step === 2 })),
    };
    const again = await run([listed()], {}, { replay: edited });
    expect(sameBytes(again.latents, first.latents)).toBe(false);
    const hand = await run([residual((step) => step === 2)]);
    expect(sameBytes(again.latents, hand.latents)).toBe(true);
  });

  it('notes rows that nobody asked for', async () => {
    const { ledger } = await run([listed()]);
    const notes: string[] = [];
    const tell = (event: RunEvent): void => {
      if (event.type === 'note') notes.push(event.text);
    };
    await run([], {}, { replay: ledger, tell });
    expect(notes).toEqual(['3 rows of the replayed ledger were never asked for']);
  });

  it('of another number of steps is refused', async () => {
    const { ledger } = await run([]);
    const error = await told(run([], { steps: 4 }, { replay: ledger }));
    expect(error.message).toMatchInlineSnapshot(`
      "the ledger to replay is of another run
        have   toy, 3 steps
        need   toy, 4 steps
        do     replay it with the model and the number of steps it was written with"
    `);
  });
});

describe('an abort', () => {
  const settings = { maxRunSeconds: 1e-9, flopsPerSecond: 1 };

  it('stops between two spans of a pass, and no thread is left', async () => {
    const before = threads();
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
    expect(threads()).toBe(before);
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
    const before = threads();
    const error = await told(run([], {}, { signal: AbortSignal.abort() }));
    expect([error.name, threads()]).toEqual(['AbortError', before]);
  });

  it('after the run has no effect, and the signal is not listened to any more', async () => {
    const abort = new AbortController();
    const { latents } = await run([], {}, { signal: abort.signal });
    expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
    abort.abort();
    expect(sameBytes(latents, (await run([])).latents)).toBe(true);
  });
});

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
    const error = await told(run([wrong]));
    expect(error.message).toContain('the runtime failed at plain/blocks.3, branch uncond, step 1');
    expect(error).toMatchObject({ code: 'runtime' });
  });

  it('in a hook says whose it was; in setup too', async () => {
    const failing = plugin('failing', () => ({
      forward: (call, next) => (call.step === 2 ? Promise.reject(new Error('oh')) : next(call)),
    }));
    const outer = plugin('outer', () => ({ evaluate: (call, next) => next(call) }));
    expect((await told(run([outer, failing]))).message).toMatch(/^failing, forward, step 2: oh\n/);
    const never = plugin('never', () => {
      throw new Error('no');
    });
    expect((await told(run([never]))).message).toMatch(/^never, setup: no\n/);
  });

  it('leaves no thread and no second failure behind', async () => {
    const before = threads();
    const hasty = plugin('hasty', ({ kernels }) => ({
      evaluate: async (call) => {
        void kernels.mean(call.latents);
        throw new Error('oh');
      },
    }));
    await told(run([hasty]));
    expect(threads()).toBe(before);
  });

  it('is one where text is missing', async () => {
    const { uncond: _, ...conditions } = two.conditions;
    const error = await told(run([], {}, { conditions }));
    expect(error.message).toMatchInlineSnapshot(`
      "branch uncond reads uncond.text, which was not given
        have   cond: text
        need   conditions.uncond.text
        do     give the encoded text of every branch that guidance runs"
    `);
  });
});

describe('shapes', () => {
  const advancing = (change: (latents: Streams, kernels: Setup['kernels']) => Streams): Plugin =>
    plugin('advancing', ({ kernels }) => ({
      advance: async (call, next) => change(await next(call), kernels),
    }));

  it('latents of other rows are refused', async () => {
    const part = advancing((latents, kernels) =>
      kernels.gather(latents, { video: Int32Array.of(0), audio: 'all' }),
    );
    expect((await told(run([part]))).message).toMatchInlineSnapshot(`
      "step 0 gave latents of another shape for video
        have   [1, 2]
        need   [12, 2], all rows
        do     return all rows from advance hooks: scatter the ones that moved"
    `);
    const { message } = await told(run([advancing(({ video }) => (video ? { video } : {}))]));
    expect(message).toContain('gave latents of another shape for audio');
  });

  it('predictions of other rows are refused', async () => {
    const part = plugin('part', ({ kernels }) => ({
      evaluate: async (call, next) =>
        kernels.gather(await next(call), { video: Int32Array.of(0), audio: 'all' }),
    }));
    expect((await told(run([part]))).message).toContain('the shapes do not go together');
  });

  it('latents that do not fit the plan are refused before anything runs', async () => {
    const latents = { ...two.latents, video: someTensor([11, 2]) };
    expect((await told(run([], {}, { latents }))).message).toMatchInlineSnapshot(`
      "the latents of video do not fit the plan
        have   float32 [11, 2]
        need   float32 [12, 2]
        do     patchify latents of the grid that the plan was made for"
    `);
    const { audio: _, ...video } = two.latents;
    expect((await told(run([], {}, { latents: video }))).message).toContain('have   none');
  });

  it.each<[string, Rows, string]>([
    ['no row of a stream', { video: new Int32Array(0), audio: 'all' }, 'no row of video'],
    ['unsorted rows', { video: Int32Array.of(3, 1) }, 'rows of video are not ascending at 1'],
    ['repeated rows', { video: Int32Array.of(1, 1) }, 'rows of video are not ascending at 1'],
    ['rows that are not there', { audio: Int32Array.of(3) }, 'row 3 of audio, which has 3'],
    ['an unknown stream', { vidio: 'all' }, 'no stream is named vidio'],
  ])('%s are refused', async (_, rows, have) => {
    const some = plugin('some', () => ({ evaluate: (call, next) => next({ ...call, rows }) }), {
      rows: true,
    });
    const { message } = await told(run([some]));
    expect(message).toMatch(/^some, evaluate, step 0: the rows to compute are not rows of the streams/);
    expect(message).toContain(`have   ${have}`);
  });

  it('some rows only are refused by a sampler that keeps a past of all rows', async () => {
    const rows: Rows = { video: Int32Array.of(0, 1), audio: 'all' };
    const some = plugin(
      'some',
      () => ({ advance: (call, next) => next(call.step < 2 ? call : { ...call, rows }) }),
      { rows: true },
    );
    const error = await told(run([some], { sampler: unipc() }));
    expect(error.message).toContain('unipc cannot move some rows only');
    const previews: Streams<HostTensor>[] = [];
    const tell = (event: RunEvent): void => {
      if (event.type === 'preview') previews.push(event.latents);
    };
    const { latents } = await run([some], {}, { previews: true, tell });
    const moved = (stream: string) => {
      const [before, after] = [previews[1]?.[stream]?.data ?? [], latents[stream]?.data ?? []];
      return Array.from({ length: after.length }, (_, i) => before[i] !== after[i]);
    };
    expect(moved('video')).toEqual([true, true, true, true, ...new Array(20).fill(false)]);
    expect(moved('audio')).not.toContain(false);
  });

  it('latents of two streams may be one array', async () => {
    const grid = { frames: 4, height: 1, width: 1 };
    const one = someTensor([4, 2], 5);
    const copy = (): HostTensor => ({ ...one, data: one.data.slice() });
    const subject: Subject = { ...two, grid };
    const [shared, apart] = [
      await runOn({ ...subject, latents: { video: one, audio: one } }, { steps: 3 }),
      await runOn({ ...subject, latents: { video: copy(), audio: copy() } }, { steps: 3 }),
    ];
    expect(sameBytes(shared.latents, apart.latents)).toBe(true);
  });
});

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
    const error = await told(run([hasty], { guidance: interval }));
    expect(error.message).toMatchInlineSnapshot(`
      "hasty, evaluate, step 2: branch uncond computes some rows only, but blocks.0.video.values lacks others (span rows/end)
        have   2 of 12 rows
        need   keys and values of every row, from a pass that computed all of them
        do     compute all rows while synced(branches) is false: at first, and when a branch returns"
    `);
  });
});

describe('tensors of a step', () => {
  it('are gone after it, unless somebody keeps them', async () => {
    let stale: Streams | undefined;
    const keeping = plugin('keeping', ({ kernels }) => ({
      evaluate: async (call, next) => {
        if (stale) return kernels.add(stale, await next(call));
        stale = await next(call);
        return stale;
      },
    }));
    const error = await told(run([keeping]));
    expect(error.message).toMatch(/keeping|kernel scaledAdd/);
  });

  it('stay for the whole of it, though no later span reads them', async () => {
    const late = plugin(
      'late',
      ({ kernels, tokenCache }) => {
        const kept = tokenCache();
        return {
          trunk: async (call, next) => {
            const first = await call.cursor.advance('blocks.0');
            const given = kernels.scaledAdd([{ scale: 2, of: first }]);
            await call.cursor.jump('blocks.1', given);
            const out = await next(call);
            kept.write(call, kernels.sub(kernels.add(given, first), out));
            return out;
          },
        };
      },
      { jumps: [{ from: 'blocks.0', to: 'blocks.1', decided: 'inside' }], cuts: ['blocks.3'] },
    );
    const { leaked } = await run([late]);
    expect(leaked).toBe(0);
  });

  it('are all free at the end, with everything that can be held', async () => {
    const holding = plugin(
      'holding',
      ({ slot, tokenCache, kernels, cell }) => {
        const [held, kept, count] = [slot(), tokenCache({ per: 'run' }), cell(0)];
        return {
          evaluate: async (call, next) => {
            const out = await next(call);
            held.set(count.value++ % 2 === 0 ? out : undefined);
            kept.write(call, kernels.add(out, held.get() ?? out));
            return out;
          },
        };
      },
      { rows: true, outputs: ['blocks.1'] },
    );
    const { leaked } = await run([holding], { steps: 4, sampler: unipc() });
    expect(leaked).toBe(0);
  });
});

describe('a block hook', () => {
  const BLOCKS: Needs = { blocks: true };

  /** Runs every block, and notes which. */
  const noting = (seen: string[], name = 'noting'): Plugin =>
    plugin(
      name,
      () => ({
        block: async (call, next) => {
          await call.decide('compute', () => true);
          seen.push(`${call.step} ${call.branch} ${call.index}`);
          return next(call);
        },
      }),
      BLOCKS,
    );

  it('is called for each block of each pass, decides for each, and changes nothing', async () => {
    const seen: string[] = [];
    const [with_, without] = [await run([noting(seen)], { steps: 1 }), await run([], { steps: 1 })];
    expect(sameBytes(with_.latents, without.latents)).toBe(true);
    expect(seen).toEqual(['cond', 'uncond'].flatMap((branch) => [0, 1, 2, 3].map((i) => `0 ${branch} ${i}`)));
    expect(with_.ledger.decisions.slice(0, 2).map(({ key }) => key)).toEqual([
      'blocks.0.compute',
      'blocks.1.compute',
    ]);
  });

  it('that does not go on skips its block', async () => {
    const skipping = plugin(
      'skipping',
      () => ({ block: async (call, next) => (call.index === 2 ? call.hidden : next(call)) }),
      BLOCKS,
    );
    const { ledger } = await run([skipping], { steps: 1 });
    const spans = ledger.passes[0]?.spans.filter((span) => /blocks|end/.test(span));
    expect(spans).toEqual(['plain/blocks.0', 'plain/blocks.1', 'plain/blocks.3', 'plain/end']);
  });

  it('is not asked about blocks that a plugin further out went by', async () => {
    const seen: string[] = [];
    const probing = plugin(
      'probing',
      () => ({
        trunk: async (call, next) => {
          await call.cursor.advance('blocks.1');
          return next(call);
        },
      }),
      { cuts: ['blocks.1'] },
    );
    const [both, alone] = [await run([probing, noting(seen)], { steps: 1 }), await run([], { steps: 1 })];
    expect(sameBytes(both.latents, alone.latents)).toBe(true);
    expect(seen).toEqual(['0 cond 2', '0 cond 3', '0 uncond 2', '0 uncond 3']);
  });

  it('is asked about the block that a plugin further out looked into', async () => {
    const seen: string[] = [];
    const probing = plugin(
      'probing',
      () => ({
        trunk: async (call, next) => {
          await call.cursor.advance('blocks.1.attn_out');
          return next(call);
        },
      }),
      { cuts: ['blocks.1.attn_out'] },
    );
    const [both, alone] = [await run([probing, noting(seen)], { steps: 1 }), await run([], { steps: 1 })];
    expect(sameBytes(both.latents, alone.latents)).toBe(true);
    expect(seen[0]).toBe('0 cond 1');
  });

  it('goes on behind a jump of a plugin further out', async () => {
    const seen: string[] = [];
    const jumping = plugin(
      'jumping',
      () => ({
        trunk: async (call, next) => {
          await call.cursor.jump('blocks.2', call.hidden);
          return next(call);
        },
      }),
      { jumps: [{ from: 'embed', to: 'blocks.2', decided: 'inside' }] },
    );
    const both = await run([jumping, noting(seen)], { steps: 1 });
    const alone = await run([jumping], { steps: 1 });
    expect(sameBytes(both.latents, alone.latents)).toBe(true);
    expect(seen).toEqual(['0 cond 3', '0 uncond 3']);
  });
});

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
      told(run(plugins, more, { resume: saved }));
    expect((await resume([])).message).toMatchInlineSnapshot(`
      "the saved run was made under another plan
        have   cells 1, 0, 0
        need   cells 1
        do     resume with the same plugins, sampler, steps and size"
    `);
    const longer = await resume([residual(() => false)], { steps: 5 });
    expect(longer.message).toContain('the run to resume is of another run');
    const other = plugin('other', ({ slot }) => {
      slot();
      return {};
    });
    expect((await resume([other])).message).toContain('under another plan');
    const small = { frames: 2, height: 2, width: 2 };
    const shrunk = told(
      runOn({ ...two, grid: small }, { steps: 3, plugins: [residual(() => false)] }, { resume: saved }),
    );
    expect((await shrunk).message).toMatch(/under another plan|do not fit the plan/);
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
    setup: ({ tokenCache, kernels }) => {
      const kept = tokenCache({ storage });
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

describe('weights of half precision', () => {
  it.each(['float16', 'bfloat16'] as const)('%s ones give the same mapped, packed and cut', async (type) => {
    const subject = await wanLikeSubject(2, type);
    const guidance = only();
    const [packed, mapped, cut] = [
      await runOn(subject, { steps: 2, guidance, settings: { weights: 'packed' } }),
      await runOn(subject, { steps: 2, guidance, settings: { weights: 'mapped' } }),
      await runOn(subject, {
        steps: 2,
        guidance,
        settings: { weights: 'mapped', maxRunSeconds: 1e-9, flopsPerSecond: 1 },
      }),
    ];
    expect(errorOf(mapped.latents, packed.latents)).toBeLessThan(1e-5);
    expect(sameBytes(cut.latents, mapped.latents)).toBe(true);
    expect(cut.ledger.passes[1]?.spans).toEqual([
      'plain/step.0',
      'plain/blocks.0',
      'plain/blocks.1',
      'plain/end',
    ]);
  });
});

describe('memory that goes on from phase to phase', async () => {
  const phases = await toySubject(2);
  const counting = plugin('counting', ({ lasting, cell }) => {
    const [whole, here] = [lasting.cell(0), cell(0)];
    const latents = lasting.slot();
    return {
      advance: async (call, next) => {
        await call.decide('steps', () => [++whole.value, ++here.value]);
        const held = latents.get();
        const out = await next(call);
        latents.set(held ?? out);
        return held ? ({ ...out, audio: held.audio ?? out.audio } as typeof out) : out;
      },
    };
  });
  const steps = (result: { ledger: Ledger }) => result.ledger.decisions.map((row) => row.value);

  it('lasts while the sampler goes on, where the memory of a phase ends', async () => {
    const result = await runOn(phases, { steps: 4, plugins: [counting] });
    expect(steps(result)).toEqual([
      [1, 1],
      [2, 2],
      [3, 1],
      [4, 2],
    ]);
    expect(result.leaked).toBe(0);
  });

  it('begins anew where the sampler does', async () => {
    const result = await runOn(phases, { steps: 4, plugins: [counting], crossing: 'restart' });
    expect(steps(result)).toEqual([
      [1, 1],
      [2, 2],
      [1, 1],
      [2, 2],
    ]);
    expect(result.leaked).toBe(0);
  });

  it.each([1, 2, 3])('is saved and resumed, after %i steps of four', async (after) => {
    const whole = await runOn(phases, { steps: 4, plugins: [counting] });
    let saved: SavedRun | undefined;
    const afterStep = async (step: number, save: () => Promise<SavedRun>) => {
      if (step === after - 1) saved = await save();
    };
    await runOn(phases, { steps: 4, plugins: [counting] }, { afterStep });
    if (!saved) throw new Error('nothing was saved');
    const resumed = await runOn(phases, { steps: 4, plugins: [counting] }, { resume: saved });
    expect(steps(resumed)).toEqual(steps(whole));
    expect(sameBytes(resumed.latents, whole.latents)).toBe(true);
  });
});

it('what a plugin says before the run is part of the plan', async () => {
  const foretelling: Plugin = {
    ...plugin('foretelling', () => ({})),
    outlook: ({ from, to, rows }) => [`steps ${from} to ${to}, ${rows.video} tokens`],
  };
  let text = '';
  const tell = (event: RunEvent) => {
    if (event.type === 'plan') text = event.text;
  };
  await run([foretelling], {}, { tell });
  expect(text).toContain('foretelling: steps 0 to 3, 12 tokens');
});
