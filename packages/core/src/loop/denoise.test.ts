import { describe, expect, it } from 'vitest';
import { only } from '../guidance/only.js';
import { unipc } from '../sampler/unipc.js';
import type { Plugin, Setup } from '../spec/plugin.js';
import type { HostTensor, Rows, Streams } from '../spec/tensor.js';
import { rejectionOf } from '../testing/fault.js';
import { someTensor } from '../testing/small/run-graph.js';
import { run, two } from '../testing/small/two-branches.js';
import { wanLikeSubject } from '../testing/small/wan-like.js';
import { plugin } from '../testing/small/written-plugin.js';
import { errorOf, runOn, type Subject, sameBytes } from '../testing/subject.js';
import type { RunEvent } from './step/events.js';

describe('shapes', () => {
  const advancing = (change: (latents: Streams, kernels: Setup['kernels']) => Streams): Plugin =>
    plugin('advancing', ({ kernels }) => ({
      advance: async (call, next) => change(await next(call), kernels),
    }));

  it('latents of other rows are refused', async () => {
    const part = advancing((latents, kernels) =>
      kernels.gather(latents, { video: Int32Array.of(0), audio: 'all' }),
    );
    expect((await rejectionOf(run([part]))).message).toMatchInlineSnapshot(`
      "step 0 gave latents of another shape for video
        have   [1, 2]
        need   [12, 2], all rows
        do     return all rows from advance hooks: scatter the ones that moved"
    `);
    const { message } = await rejectionOf(run([advancing(({ video }) => (video ? { video } : {}))]));
    expect(message).toContain('gave latents of another shape for audio');
  });

  it('predictions of other rows are refused', async () => {
    const part = plugin('part', ({ kernels }) => ({
      evaluate: async (call, next) =>
        kernels.gather(await next(call), { video: Int32Array.of(0), audio: 'all' }),
    }));
    expect((await rejectionOf(run([part]))).message).toContain('the shapes do not go together');
  });

  it('latents that do not fit the plan are refused before anything runs', async () => {
    const latents = { ...two.latents, video: someTensor([11, 2]) };
    expect((await rejectionOf(run([], {}, { latents }))).message).toMatchInlineSnapshot(`
      "the latents of video do not fit the plan
        have   float32 [11, 2]
        need   float32 [12, 2]
        do     patchify latents of the grid that the plan was made for"
    `);
    const { audio: _, ...video } = two.latents;
    expect((await rejectionOf(run([], {}, { latents: video }))).message).toContain('have   none');
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
    const { message } = await rejectionOf(run([some]));
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
    const error = await rejectionOf(run([some], { sampler: unipc() }));
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
    const error = await rejectionOf(run([keeping]));
    expect(error.message).toMatch(/keeping|kernel scaledAdd/);
  });

  it('stay for the whole of it, though no later span reads them', async () => {
    const late = plugin(
      'late',
      ({ kernels, tokenCache }) => {
        const kept = tokenCache('kept');
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
      {
        jumps: [{ from: 'blocks.0', to: 'blocks.1', decided: 'inside' }],
        cuts: ['blocks.3'],
        caches: { kept: { rowsOf: 'trunk' } },
      },
    );
    const { leaked } = await run([late]);
    expect(leaked).toBe(0);
  });

  it('are all free at the end, with everything that can be held', async () => {
    const holding = plugin(
      'holding',
      ({ slot, tokenCache, kernels, cell }) => {
        const [held, kept, count] = [slot(), tokenCache('kept'), cell(0)];
        return {
          evaluate: async (call, next) => {
            const out = await next(call);
            held.set(count.value++ % 2 === 0 ? out : undefined);
            kept.write(call, kernels.add(out, held.get() ?? out));
            return out;
          },
        };
      },
      { rows: true, outputs: ['blocks.1'], caches: { kept: { rowsOf: 'latents', per: 'run' } } },
    );
    const { leaked } = await run([holding], { steps: 4, sampler: unipc() });
    expect(leaked).toBe(0);
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
