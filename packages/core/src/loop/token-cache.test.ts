import { describe, expect, it } from 'vitest';
import type { TokenCacheOptions } from '../spec/plugin.js';
import type { Rows, Streams, Tensor } from '../spec/tensor.js';
import { localRoom } from '../testing/small/local-room.js';
import { Keeper } from './keep.js';
import { roomKernels } from './room-kernels.js';
import { RowTensors } from './rows.js';
import { TensorStore } from './store.js';
import { RoomTokenCache } from './token-cache.js';

const N = { video: 4, audio: 2 };
const rows = (...video: readonly number[]): Rows => ({ video: Int32Array.from(video) });
const ALL: Rows = { video: 'all' };

function setup() {
  const { room, home, posted } = localRoom();
  const store = new TensorStore(room);
  const rowTensors = new RowTensors(store);
  const means = { store, rowTensors, kernels: roomKernels(store, rowTensors, N), rows: N };
  const tensor = (...values: readonly number[]): Tensor =>
    store.put({ type: 'float32', shape: [values.length, 1], data: Float32Array.from(values) });
  return {
    means,
    store,
    home,
    posted,
    cache: (options?: TokenCacheOptions) => new RoomTokenCache(means, options),
    /** A one-wide value of the video stream. */
    video: (...values: readonly number[]): Streams => ({ video: tensor(...values) }),
    tensor,
    valuesOf: async (streams: Streams | undefined) => {
      const read = Object.entries(streams ?? {}).map(async ([stream, { id }]) => [
        stream,
        Array.from((await room.read(id)).data, Number),
      ]);
      return Object.fromEntries(await Promise.all(read)) as Record<string, number[]>;
    },
    endStep: () => {
      rowTensors.endStep();
      store.endStep();
    },
    settle: () => room.settle(),
    overwrites: () => posted.filter((r) => r.op === 'kernel' && r.kernel.out?.inPlace !== undefined).length,
  };
}

const cond = (of: Rows) => ({ rows: of, branch: 'cond', branches: ['cond', 'uncond'] });
const uncond = (of: Rows) => ({ ...cond(of), branch: 'uncond' });

describe('a token cache covers', () => {
  it('nothing at first, everything after all rows were written', () => {
    const { cache, video } = setup();
    const one = cache();
    expect(one.covers(cond(ALL))).toBe(false);
    one.write(cond(ALL), video(1, 2, 3, 4));
    expect([one.covers(cond(ALL)), one.covers(cond(rows(1, 3)))]).toEqual([true, true]);
    expect(one.covers(uncond(ALL))).toBe(false);
    one.write(uncond(ALL), video(1, 2, 3, 4));
    expect(one.covers(uncond(ALL))).toBe(true);
  });

  it('the rows that were written and no others', () => {
    const { cache, video } = setup();
    const one = cache();
    one.write(cond(rows(0, 2)), video(1, 3));
    expect([rows(0, 2), rows(2), rows(0, 1), rows(3), ALL].map((r) => one.covers(cond(r)))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
    one.write(cond(rows(1, 3)), video(2, 4));
    expect(one.covers(cond(ALL))).toBe(true);
  });

  it('all branches where it is one for the run', () => {
    const { cache, video } = setup();
    const one = cache({ per: 'run' });
    one.write(cond(ALL), video(1, 2, 3, 4));
    expect(one.covers({ rows: ALL, branches: ['cond', 'uncond', 'other'] })).toBe(true);
  });

  it('all branches of the step where its own leads them', () => {
    const { means, video } = setup();
    const one = new Keeper(means, 'cond').tokenCache();
    one.write(cond(ALL), video(1, 2, 3, 4));
    expect([one.covers(cond(ALL)), one.covers({ ...cond(ALL), branches: ['cond'] })]).toEqual([false, true]);
    one.write(uncond(ALL), video(1, 2, 3, 4));
    expect([one.covers(cond(ALL)), one.covers(uncond(ALL))]).toEqual([true, true]);
  });

  it('each stream by its own rows', () => {
    const { cache, tensor } = setup();
    const one = cache();
    one.write(cond({ video: rows(0).video ?? 'all', audio: 'all' }), {
      video: tensor(1),
      audio: tensor(5, 6),
    });
    expect(one.covers(cond({ video: Int32Array.of(0), audio: Int32Array.of(1) }))).toBe(true);
    expect(one.covers(cond({ video: 'all', audio: 'all' }))).toBe(false);
  });
});

describe('a token cache reads', () => {
  it('the rows of the call, whatever the pieces they were written in', async () => {
    const { cache, video, valuesOf } = setup();
    const one = cache();
    one.write(cond(ALL), video(1, 2, 3, 4));
    one.write(cond(rows(1, 2)), video(20, 30));
    expect(await valuesOf(one.read(cond(ALL)))).toEqual({ video: [1, 20, 30, 4] });
    expect(await valuesOf(one.read(cond(rows(0, 2))))).toEqual({ video: [1, 30] });
  });

  it('each branch’s own, or everybody’s', async () => {
    const { cache, video, valuesOf } = setup();
    const [own, shared] = [cache(), cache({ per: 'run' })];
    for (const one of [own, shared]) {
      one.write(cond(ALL), video(1, 1, 1, 1));
      one.write(uncond(ALL), video(2, 2, 2, 2));
    }
    expect(await valuesOf(own.read(cond(rows(0))))).toEqual({ video: [1] });
    expect(await valuesOf(shared.read(cond(rows(0))))).toEqual({ video: [2] });
    expect(await valuesOf(shared.read({ rows: rows(0), branches: [] }))).toEqual({ video: [2] });
  });

  it('never what was not written', () => {
    const { cache, video } = setup();
    const one = cache();
    expect(() => one.read(cond(ALL))).toThrowErrorMatchingInlineSnapshot(`
      [SkipstoneError: a token cache is read where it was not written (branch cond)
        have   rows that are missing, or older than a step their branch was left out of
        need   all rows of video
        do     ask covers(call) before deciding to reuse, and compute where it says no]
    `);
    one.write(cond(rows(0, 2)), video(1, 3));
    expect(() => one.read(cond(rows(0, 1)))).toThrow('read where it was not written (branch cond)');
    expect(() => one.read(uncond(rows(0)))).toThrow('read where it was not written (branch uncond)');
  });

  it('never what a branch held before it was left out', () => {
    const { cache, video, means } = setup();
    const one = cache();
    one.write(cond(ALL), video(1, 2, 3, 4));
    one.drop('cond');
    expect([one.covers(cond(ALL)), one.bytes]).toEqual([false, 0]);
    expect(() => one.read(cond(ALL))).toThrow('not written');
    const keeper = new Keeper(means);
    const run = keeper.tokenCache({ per: 'run' });
    run.write(cond(ALL), video(1, 2, 3, 4));
    keeper.dropBranch('cond');
    expect(run.covers(cond(ALL))).toBe(true);
  });
});

describe('a token cache swaps', () => {
  it('compares with what these rows held, then keeps the new ones', async () => {
    const { cache, video, valuesOf, means } = setup();
    const one = cache();
    const { relativeL1 } = means.kernels;
    expect(one.swap(cond(ALL), video(1, 2, 3, 4), relativeL1)).toBeUndefined();
    expect(await one.swap(cond(rows(1, 3)), video(4, 4), relativeL1)).toBe(2 / 8);
    expect(await valuesOf(one.read(cond(ALL)))).toEqual({ video: [1, 4, 3, 4] });
  });

  it('compares nothing where a row is missing, but keeps what it is given', () => {
    const { cache, video, means } = setup();
    const one = cache();
    one.write(cond(rows(0, 1)), video(1, 2));
    expect(one.swap(cond(rows(1, 2)), video(5, 6), means.kernels.relativeL1)).toBeUndefined();
    expect(one.covers(cond(rows(0, 1, 2)))).toBe(true);
  });
});

describe('a token cache holds', () => {
  it('one buffer: rows are overwritten in place where nobody else has it', async () => {
    const { cache, video, endStep, settle, overwrites } = setup();
    const one = cache();
    one.write(cond(ALL), video(1, 2, 3, 4));
    endStep();
    const { heldBytes } = await settle();
    for (let step = 0; step < 3; step++) {
      one.write(cond(rows(step)), video(9));
      endStep();
    }
    expect([overwrites(), (await settle()).heldBytes, one.bytes]).toEqual([3, heldBytes, 16]);
  });

  it('a buffer of its own from the first rows on', async () => {
    const { cache, video, valuesOf, endStep, overwrites } = setup();
    const one = cache();
    one.write(cond(rows(2)), video(7));
    endStep();
    one.write(cond(rows(0, 1, 3)), video(1, 2, 4));
    expect(await valuesOf(one.read(cond(ALL)))).toEqual({ video: [1, 2, 7, 4] });
    expect(overwrites()).toBe(2);
  });

  it('what was lent stays as it was until the step ends', async () => {
    const { cache, video, valuesOf, endStep, overwrites } = setup();
    const one = cache();
    one.write(cond(ALL), video(1, 2, 3, 4));
    endStep();
    const lent = one.read(cond(ALL));
    one.write(cond(rows(0)), video(9));
    expect(overwrites()).toBe(0);
    expect([await valuesOf(lent), await valuesOf(one.read(cond(ALL)))]).toEqual([
      { video: [1, 2, 3, 4] },
      { video: [9, 2, 3, 4] },
    ]);
    endStep();
    one.write(cond(rows(1)), video(8));
    expect(overwrites()).toBe(1);
  });

  it('what it was given stays as it was: it belongs to somebody else too', async () => {
    const { cache, video, valuesOf, overwrites } = setup();
    const one = cache();
    const given = video(1, 2, 3, 4);
    one.write(cond(ALL), given);
    one.write(cond(rows(0)), video(9));
    expect(overwrites()).toBe(0);
    expect(await valuesOf(given)).toEqual({ video: [1, 2, 3, 4] });
  });

  it('rows that were read as a copy do not stop it from overwriting', async () => {
    const { cache, video, valuesOf, endStep, overwrites } = setup();
    const one = cache();
    one.write(cond(ALL), video(1, 2, 3, 4));
    endStep();
    const before = one.read(cond(rows(0, 1)));
    one.write(cond(rows(0, 1)), video(8, 9));
    expect(overwrites()).toBe(1);
    expect(await valuesOf(before)).toEqual({ video: [1, 2] });
  });

  it('nothing after it is closed', async () => {
    const { cache, video, store, settle, endStep } = setup();
    const one = cache();
    one.write(cond(ALL), video(1, 2, 3, 4));
    one.write(uncond(rows(0)), video(1));
    one.read(cond(ALL));
    endStep();
    expect(store.live).toBe(2);
    one.close();
    expect([store.live, (await settle()).handles]).toEqual([0, 0]);
  });
});

describe.each([
  { storage: 'bfloat16', bytes: 8, near: [1, 2.015625, 3, 4] },
  { storage: 'int8', bytes: 4 * 5, near: [1, 2.015, 3, 4] },
] as const)('a token cache that stores $storage', ({ storage, bytes, near }) => {
  it('reads float32 near what was written, in fewer bytes', async () => {
    const { cache, video, valuesOf } = setup();
    const one = cache({ storage });
    one.write(cond(ALL), video(1, 2.015, 3, 4));
    const { video: read = [] } = await valuesOf(one.read(cond(ALL)));
    expect(read.map((x) => Number(x.toFixed(6)))).toEqual(near);
    expect(one.read(cond(rows(1)))).toMatchObject({ video: { type: 'float32', shape: [1, 1] } });
    expect(one.bytes).toBe(bytes);
  });

  it('keeps the rows it is not given to the bit, from the first rows on', async () => {
    const { cache, video, valuesOf, endStep, overwrites } = setup();
    const one = cache({ storage });
    one.write(cond(rows(1, 2)), video(0.3, 0.7));
    endStep();
    const { video: before } = await valuesOf(one.read(cond(rows(1, 2))));
    one.write(cond(rows(0, 3)), video(9, 8));
    expect(await valuesOf(one.read(cond(rows(1, 2))))).toEqual({ video: before });
    expect(one.covers(cond(ALL))).toBe(true);
    expect(overwrites()).toBe(1);
  });

  it('lends nothing: what was read stays as it was', async () => {
    const { cache, video, valuesOf, overwrites } = setup();
    const one = cache({ storage });
    one.write(cond(ALL), video(1, 1, 1, 1));
    const before = one.read(cond(ALL));
    one.write(cond(ALL), video(2, 2, 2, 2));
    expect([await valuesOf(before), overwrites()]).toEqual([{ video: [1, 1, 1, 1] }, 1]);
  });

  it('holds one buffer a branch and nothing after it is closed', async () => {
    const { cache, video, store, settle, endStep } = setup();
    const one = cache({ storage });
    for (let step = 0; step < 3; step++) {
      one.write(cond(ALL), video(1, 2, 3, 4));
      one.write(uncond(rows(step)), video(5));
      one.read(cond(rows(0, 2)));
      endStep();
    }
    expect([store.live, one.bytes]).toEqual([2, 2 * bytes]);
    one.close();
    expect([store.live, (await settle()).handles]).toEqual([0, 0]);
  });

  it('starts from zeros where a buffer of before is used again', async () => {
    const { cache, video, store, endStep, means } = setup();
    const ones = video(...Array.from({ length: bytes / 4 }, () => 1));
    means.kernels.add(ones, ones);
    endStep();
    const one = cache({ storage });
    one.write(cond(rows(0)), video(0));
    const held = one.entries.get('cond')?.get('video')?.tensor.id ?? 0;
    expect([...(await store.room.read(held)).data].every((byte) => byte === 0)).toBe(true);
  });

  it('takes back its own bytes and nobody else’s', () => {
    const { cache, store } = setup();
    const covered = new Uint8Array(4).fill(1);
    const put = (type: 'uint8' | 'float32', shape: readonly number[]) => {
      const size = shape.reduce((a, b) => a * b, 1);
      const data = type === 'uint8' ? new Uint8Array(size) : new Float32Array(size);
      return store.put({ type, shape, data });
    };
    const own = storage === 'int8' ? [4, 5] : [4, 1, 2];
    const other = storage === 'int8' ? [4, 1, 2] : [4, 5];
    const one = cache({ storage });
    one.restore('cond', 'video', put('uint8', own), covered);
    expect(one.covers(cond(ALL))).toBe(true);
    for (const [type, shape] of [
      ['uint8', other],
      ['float32', own],
      ['float32', [4, 1]],
    ] as const) {
      expect(() => one.restore('cond', 'video', put(type, shape), covered)).toThrow('under another plan');
    }
    expect(() => cache().restore('cond', 'video', put('uint8', own), covered)).toThrow('under another plan');
  });

  it('is refused on a device that cannot, naming what works there', () => {
    const { means } = setup();
    const room = { ...means.store.room, device: 'webgpu' };
    const store = Object.assign(Object.create(means.store), { room });
    expect(() => new RoomTokenCache({ ...means, store }, { storage })).toThrow("storage: 'float32'");
    expect(() => new RoomTokenCache({ ...means, store })).not.toThrow();
  });
});

describe('a token cache refuses', () => {
  it('a storage that nobody knows', () => {
    const { cache } = setup();
    const storage = 'int9' as 'int8';
    expect(() => cache({ storage })).toThrowErrorMatchingInlineSnapshot(`
      [SkipstoneError: a token cache cannot store rows as 'int9'
        have   storage: 'int9'
        need   float32, bfloat16, int8
        do     did you mean 'int8'?]
    `);
  });

  it('values of other rows than the call’s', () => {
    const { cache, video } = setup();
    const one = cache();
    expect(() => one.write(cond(ALL), video(1, 2))).toThrowErrorMatchingInlineSnapshot(`
      [SkipstoneError: token cache: the shapes do not go together
        have   [2, 1] and [4, 1]
        need   equal shapes
        do     check which rows each tensor holds: all of them (N) or the computed ones (A)]
    `);
    expect(() => one.write(cond(rows(0, 1)), video(1, 2, 3, 4))).toThrow('[4, 1] and [2, 1]');
  });

  it('values of another width than it holds', () => {
    const { cache, video, store } = setup();
    const one = cache();
    one.write(cond(ALL), video(1, 2, 3, 4));
    const wide = store.put({ type: 'float32', shape: [1, 2], data: new Float32Array(2) });
    expect(() => one.write(cond(rows(0)), { video: wide })).toThrow('[1, 2] and [1, 1]');
  });

  it('a branch’s memory where no branch is known', () => {
    const { cache, video } = setup();
    const one = cache();
    const nobody = { rows: ALL, branches: ['cond'] };
    expect(() => one.write(nobody, video(1, 2, 3, 4))).toThrowErrorMatchingInlineSnapshot(`
      [SkipstoneError: a token cache of branches is used where no branch is known
        have   a call of advance or evaluate
        need   a call of forward, trunk or block, or a cache that is one for all branches
        do     make it with tokenCache({ per: 'run' })]
    `);
    expect(() => one.read(nobody)).toThrow('no branch is known');
  });
});
