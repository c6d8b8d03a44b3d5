import { describe, expect, it } from 'vitest';
import { ALL, cacheSetup, cond, planned, rows, uncond } from '../../testing/small/cache-setup.js';
import { RoomTokenCache } from './token-cache.js';

describe.each([
  { storage: 'bfloat16', bytes: 8, near: [1, 2.015625, 3, 4] },
  { storage: 'int8', bytes: 4 * 5, near: [1, 2.015, 3, 4] },
] as const)('a token cache that stores $storage', ({ storage, bytes, near }) => {
  it('reads float32 near what was written, in fewer bytes', async () => {
    const { cache, video, valuesOf } = cacheSetup();
    const one = cache({ storage });
    one.write(cond(ALL), video(1, 2.015, 3, 4));
    const { video: read = [] } = await valuesOf(one.read(cond(ALL)));
    expect(read.map((x) => Number(x.toFixed(6)))).toEqual(near);
    expect(one.read(cond(rows(1)))).toMatchObject({ video: { type: 'float32', shape: [1, 1] } });
    expect(one.bytes).toBe(bytes);
  });

  it('keeps the rows it is not given to the bit, from the first rows on', async () => {
    const { cache, video, valuesOf, endStep, overwrites } = cacheSetup();
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
    const { cache, video, valuesOf, overwrites } = cacheSetup();
    const one = cache({ storage });
    one.write(cond(ALL), video(1, 1, 1, 1));
    const before = one.read(cond(ALL));
    one.write(cond(ALL), video(2, 2, 2, 2));
    expect([await valuesOf(before), overwrites()]).toEqual([{ video: [1, 1, 1, 1] }, 1]);
  });

  it('holds one buffer a branch and nothing after it is closed', async () => {
    const { cache, video, store, settle, endStep } = cacheSetup();
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
    const { cache, video, store, endStep, means } = cacheSetup();
    const ones = video(...Array.from({ length: bytes / 4 }, () => 1));
    means.kernels.add(ones, ones);
    endStep();
    const one = cache({ storage });
    one.write(cond(rows(0)), video(0));
    const held = one.entries.get('cond')?.get('video')?.list[0]?.tensor.id ?? 0;
    expect([...(await store.room.read(held)).data].every((byte) => byte === 0)).toBe(true);
  });

  it('takes back its own bytes and nobody else’s', () => {
    const { cache, store } = cacheSetup();
    const steps = new Int32Array(4);
    const put = (type: 'uint8' | 'float32', shape: readonly number[]) => {
      const size = shape.reduce((a, b) => a * b, 1);
      const data = type === 'uint8' ? new Uint8Array(size) : new Float32Array(size);
      return store.put({ type, shape, data });
    };
    const own = storage === 'int8' ? [4, 5] : [4, 1, 2];
    const other = storage === 'int8' ? [4, 1, 2] : [4, 5];
    const one = cache({ storage });
    one.restore('cond', 'video', put('uint8', own), steps);
    expect(one.covers(cond(ALL))).toBe(true);
    for (const [type, shape] of [
      ['uint8', other],
      ['float32', own],
      ['float32', [4, 1]],
    ] as const) {
      expect(() => one.restore('cond', 'video', put(type, shape), steps)).toThrow('under another plan');
    }
    expect(() => cache().restore('cond', 'video', put('uint8', own), steps)).toThrow('under another plan');
  });

  it('is refused on a device that cannot, naming what works there', () => {
    const { means } = cacheSetup();
    const room = { ...means.store.room, device: 'webgpu' };
    const store = Object.assign(Object.create(means.store), { room });
    expect(() => new RoomTokenCache({ ...means, store }, planned({ storage }))).toThrow("storage: 'float32'");
    expect(() => new RoomTokenCache({ ...means, store }, planned())).not.toThrow();
  });
});
