import { describe, expect, it } from 'vitest';
import type { Kernels } from '../../spec/kernel.js';
import type { HostTensor, Rows, Streams, Tensor } from '../../spec/tensor.js';
import { hostKernels } from '../../testing/host-kernels.js';
import { localRoom } from '../../testing/small/local-room.js';
import { someTensor } from '../../testing/small/run-graph.js';
import { roomKernels } from './room-kernels.js';
import { RowTensors } from './rows.js';
import { TensorStore, VIRTUAL_ID } from './store.js';

const N = { video: 6, audio: 3 };
const ROWS: Rows = { video: Int32Array.of(0, 2, 5), audio: 'all' };

interface Bench {
  readonly kernels: Kernels;
  put(host: HostTensor): Tensor;
  get(tensor: Tensor): Promise<unknown>;
}

function inRoom(): Bench {
  const { room } = localRoom();
  const store = new TensorStore(room);
  const kernels = roomKernels(store, new RowTensors(store), N);
  return { kernels, put: (host) => store.put(host), get: async ({ id }) => (await room.read(id)).data };
}

function onHost(): Bench {
  const kernels = hostKernels();
  return { kernels, put: kernels.put, get: async (tensor) => kernels.get(tensor).data };
}

const streams = ({ put }: Bench, seed: number, of: Streams<number> = N): Streams =>
  Object.fromEntries(
    Object.entries(of).map(([name, rows], i) => [name, put(someTensor([rows, 2], 10 * seed + i))]),
  );

describe('the kernels of a run', () => {
  const same: readonly [string, (k: Kernels, bench: Bench) => Streams | Promise<unknown>][] = [
    ['add', (k, b) => k.add(streams(b, 1), streams(b, 2))],
    ['sub', (k, b) => k.sub(streams(b, 1), streams(b, 2))],
    ['scaledAdd', (k, b) => k.scaledAdd([1, 2, 3, 4, 5].map((i) => ({ scale: i / 3, of: streams(b, i) })))],
    ['gather', (k, b) => k.gather(streams(b, 1), ROWS)],
    ['scatter', (k, b) => k.scatter(streams(b, 1), ROWS, streams(b, 2, { video: 3, audio: 3 }))],
    ['relativeL1', (k, b) => k.relativeL1(streams(b, 1), streams(b, 2))],
    ['relativeL1 of a named stream', (k, b) => k.relativeL1(streams(b, 1), streams(b, 2), 'audio')],
    ['norm', (k, b) => k.norm(streams(b, 1))],
    ['norm of order 2, of a named stream', (k, b) => k.norm(streams(b, 1), 2, 'audio')],
    ['dot', (k, b) => k.dot(streams(b, 1), streams(b, 2))],
    ['rowNorms', (k, b) => k.rowNorms(streams(b, 1))],
    ['rowNorms of order 2', (k, b) => k.rowNorms(streams(b, 1), 2)],
    ['rowDots', (k, b) => k.rowDots(streams(b, 1), streams(b, 2))],
    ['mean', (k, b) => k.mean(streams(b, 1))],
    ['std', (k, b) => k.std(streams(b, 1))],
  ];
  it.each(same)('%s gives what the host’s gives, to the bit', async (_, kernel) => {
    const results = [inRoom(), onHost()].map(async (bench) => {
      const result = await kernel(bench.kernels, bench);
      if (typeof result === 'number') return result;
      const read = Object.entries(result as Streams<Tensor | number>).map(async ([name, value]) => [
        name,
        typeof value === 'number' ? value : await bench.get(value),
      ]);
      return Object.fromEntries(await Promise.all(read)) as unknown;
    });
    const [room, host] = await Promise.all(results);
    expect(room).toEqual(host);
  });

  it('gather of all rows, named or listed, is the tensor itself', () => {
    const bench = inRoom();
    const { kernels } = bench;
    const a = streams(bench, 1);
    expect(kernels.gather(a, { video: 'all', audio: 'all' })).toEqual(a);
    expect(kernels.gather(a, { video: Int32Array.of(0, 1, 2, 3, 4, 5), audio: 'all' }).video).toBe(a.video);
  });
});

describe.each([
  ['of a run', inRoom],
  ['of the host', onHost],
])('the kernels %s refuse', (_, make) => {
  const failing = async (run: (k: Kernels, b: Bench) => unknown): Promise<string> => {
    const bench = make();
    try {
      await run(bench.kernels, bench);
    } catch (error) {
      return String(error);
    }
    return 'it ran';
  };
  const narrow = { video: 3, audio: 3 };

  it('shapes that are not equal', async () => {
    expect(await failing((k, b) => k.add(streams(b, 1), streams(b, 2, narrow)))).toContain(
      '[6, 2] and [3, 2]',
    );
    expect(await failing((k, b) => k.sub(streams(b, 1), streams(b, 2, narrow)))).toContain(
      '[6, 2] and [3, 2]',
    );
    expect(await failing((k, b) => k.relativeL1(streams(b, 1, narrow), streams(b, 2)))).toContain(
      '[3, 2] and [6, 2]',
    );
    expect(await failing((k, b) => k.dot(streams(b, 1, narrow), streams(b, 2)))).toContain(
      '[3, 2] and [6, 2]',
    );
    expect(await failing((k, b) => k.rowDots(streams(b, 1), streams(b, 2, narrow)))).toContain(
      '[6, 2] and [3, 2]',
    );
    expect(await failing((k) => k.scaledAdd([]))).toContain('no terms');
  });

  it('parts that have other rows, or other widths, than they are put into', async () => {
    const two = { video: 2, audio: 3 };
    expect(await failing((k, b) => k.scatter(streams(b, 1), ROWS, streams(b, 2, two)))).toContain(
      '[3, 2] and [2, 2]',
    );
    const all: Rows = { video: 'all', audio: 'all' };
    expect(await failing((k, b) => k.scatter(streams(b, 1), all, streams(b, 2, narrow)))).toContain(
      '[6, 2] and [3, 2]',
    );
    const wide = (b: Bench): Streams => ({ ...streams(b, 2, narrow), video: b.put(someTensor([3, 4])) });
    expect(await failing((k, b) => k.scatter(streams(b, 1), ROWS, wide(b)))).toContain('[3, 2] and [3, 4]');
  });

  it('streams that only one of them has', async () => {
    const video = { video: 6 };
    expect(await failing((k, b) => k.add(streams(b, 1), streams(b, 2, video)))).toContain(
      "no stream 'audio'",
    );
    expect(await failing((k, b) => k.add(streams(b, 1, video), streams(b, 2)))).toContain(
      "no stream 'audio'",
    );
    expect(await failing((k, b) => k.relativeL1(streams(b, 1, video), streams(b, 2)))).toContain(
      "no stream 'audio'",
    );
    expect(await failing((k, b) => k.dot(streams(b, 1), streams(b, 2, video)))).toContain(
      "no stream 'audio'",
    );
    expect(await failing((k, b) => k.rowDots(streams(b, 1, video), streams(b, 2)))).toContain(
      "no stream 'audio'",
    );
    expect(await failing((k, b) => k.relativeL1(streams(b, 1), streams(b, 2), 'vidio'))).toContain(
      "e.g. 'video'",
    );
    const part = (b: Bench) => streams(b, 2, { video: 3 });
    expect(await failing((k, b) => k.scatter(streams(b, 1), ROWS, part(b)))).toContain("no stream 'audio'");
  });

  it('rows that are not ascending, or not there', async () => {
    const gather = (...video: readonly number[]) =>
      failing(async (k, b) => {
        const part = k.gather(streams(b, 1), { video: Int32Array.from(video), audio: 'all' });
        await b.get(part.video as Tensor);
      });
    expect(await gather(2, 0, 5)).toContain('row 0 after row 2');
    expect(await gather(0, 0, 1)).toContain('row 0 after row 0');
    expect(await gather(0, 6)).toMatch(/row 6 after row 0|freed or never made/);
  });
});

it('the kernels of a run refuse values that stay inside a session, saying what to declare', () => {
  const { kernels, ...bench } = inRoom();
  const inside = { id: VIRTUAL_ID, type: 'float32' as const, shape: [], station: 'blocks.3' };
  const hidden: Streams = { video: inside };
  const video = streams({ kernels, ...bench }, 1, { video: 6 });
  expect(() => kernels.sub(hidden, video)).toThrowErrorMatchingInlineSnapshot(`
    [SkipstoneError: the value at blocks.3 stays inside a session and cannot be looked at
      have   a pass that is not cut there
      need   blocks.3 in the plugin's needs: under cuts (to decide by it) or outputs (to keep it)
      do     add it to needs]
  `);
  expect(() => kernels.relativeL1(video, hidden)).toThrow('blocks.3 in the plugin');
  expect(() => kernels.gather(hidden, { video: 'all' })).toThrow('stays inside a session');
});
