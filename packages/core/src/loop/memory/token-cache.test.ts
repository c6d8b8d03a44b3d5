import { describe, expect, it } from 'vitest';
import { cacheBytes } from '../../plan/memory/token-caches.js';
import { ALL, cacheSetup, cond, planned, rows, uncond } from '../../testing/small/cache-setup.js';
import { Keeper } from './keep.js';

describe('a token cache covers', () => {
  it('nothing at first, everything after all rows were written', () => {
    const { cache, video } = cacheSetup();
    const one = cache();
    expect(one.covers(cond(ALL))).toBe(false);
    one.write(cond(ALL), video(1, 2, 3, 4));
    expect([one.covers(cond(ALL)), one.covers(cond(rows(1, 3)))]).toEqual([true, true]);
    expect(one.covers(uncond(ALL))).toBe(false);
    one.write(uncond(ALL), video(1, 2, 3, 4));
    expect(one.covers(uncond(ALL))).toBe(true);
  });

  it('the rows that were written and no others', () => {
    const { cache, video } = cacheSetup();
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
    const { cache, video } = cacheSetup();
    const one = cache({ per: 'run' });
    one.write(cond(ALL), video(1, 2, 3, 4));
    expect(one.covers({ step: 0, rows: ALL, branches: ['cond', 'uncond', 'other'] })).toBe(true);
  });

  it('all branches of the step where its own leads them', () => {
    const { cache, video } = cacheSetup();
    const one = cache({}, 'cond');
    one.write(cond(ALL), video(1, 2, 3, 4));
    expect([one.covers(cond(ALL)), one.covers({ ...cond(ALL), branches: ['cond'] })]).toEqual([false, true]);
    one.write(uncond(ALL), video(1, 2, 3, 4));
    expect([one.covers(cond(ALL)), one.covers(uncond(ALL))]).toEqual([true, true]);
  });

  it('each stream by its own rows', () => {
    const { cache, tensor } = cacheSetup();
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
    const { cache, video, valuesOf } = cacheSetup();
    const one = cache();
    one.write(cond(ALL), video(1, 2, 3, 4));
    one.write(cond(rows(1, 2)), video(20, 30));
    expect(await valuesOf(one.read(cond(ALL)))).toEqual({ video: [1, 20, 30, 4] });
    expect(await valuesOf(one.read(cond(rows(0, 2))))).toEqual({ video: [1, 30] });
  });

  it('each branch’s own, or everybody’s', async () => {
    const { cache, video, valuesOf } = cacheSetup();
    const [own, shared] = [cache(), cache({ per: 'run' })];
    for (const one of [own, shared]) {
      one.write(cond(ALL), video(1, 1, 1, 1));
      one.write(uncond(ALL), video(2, 2, 2, 2));
    }
    expect(await valuesOf(own.read(cond(rows(0))))).toEqual({ video: [1] });
    expect(await valuesOf(shared.read(cond(rows(0))))).toEqual({ video: [2] });
    expect(await valuesOf(shared.read({ step: 0, rows: rows(0), branches: [] }))).toEqual({ video: [2] });
  });

  it('never what was not written', () => {
    const { cache, video } = cacheSetup();
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
    const { cache, video, means } = cacheSetup();
    const one = cache();
    one.write(cond(ALL), video(1, 2, 3, 4));
    one.drop('cond');
    expect([one.covers(cond(ALL)), one.bytes]).toEqual([false, 0]);
    expect(() => one.read(cond(ALL))).toThrow('not written');
    const needs = [{}, { per: 'run' }, { leftOut: 'keep' }] as const;
    const keeper = new Keeper(
      means,
      needs.map((need, i) => planned({ ...need, name: `${i}` })),
    );
    for (const held of keeper.caches.values()) held.write(cond(ALL), video(1, 2, 3, 4));
    keeper.dropBranch('cond');
    expect([...keeper.caches.values()].map((held) => held.covers(cond(ALL)))).toEqual([false, true, true]);
  });
});

describe('a token cache swaps', () => {
  it('compares with what these rows held, then keeps the new ones', async () => {
    const { cache, video, valuesOf, means } = cacheSetup();
    const one = cache();
    const { relativeL1 } = means.kernels;
    expect(one.swap(cond(ALL), video(1, 2, 3, 4), relativeL1)).toBeUndefined();
    expect(await one.swap(cond(rows(1, 3)), video(4, 4), relativeL1)).toBe(2 / 8);
    expect(await valuesOf(one.read(cond(ALL)))).toEqual({ video: [1, 4, 3, 4] });
  });

  it('compares nothing where a row is missing, but keeps what it is given', () => {
    const { cache, video, means } = cacheSetup();
    const one = cache();
    one.write(cond(rows(0, 1)), video(1, 2));
    expect(one.swap(cond(rows(1, 2)), video(5, 6), means.kernels.relativeL1)).toBeUndefined();
    expect(one.covers(cond(rows(0, 1, 2)))).toBe(true);
  });
});

describe.each(['float32', 'bfloat16', 'int8'] as const)('a past of three generations in %s', (storage) => {
  const weights = (of: readonly number[]) => () => of;
  const each = (g: number) => (steps: readonly number[]) => steps.map((_, i) => (i === g ? 1 : 0));

  it('combines the last written values of all rows, newest first', async () => {
    const { cache, video, valuesOf, endStep } = cacheSetup();
    const one = cache({ storage, generations: 3 });
    for (const step of [0, 2, 3, 7]) {
      one.write(cond(ALL, step), video(step, 10, 20, 40));
      endStep();
    }
    const told: (readonly number[])[] = [];
    const line = one.combine(cond(ALL, 8), (steps) => {
      told.push(steps);
      return [2, -1];
    });
    expect(told).toEqual([[7, 3, 2]]);
    expect((await valuesOf(line)).video?.map((x) => Number(x.toFixed(4)))).toEqual([11, 10, 20, 40]);
    expect(await valuesOf(one.combine(cond(ALL, 8), weights([1])))).toEqual(
      await valuesOf(one.read(cond(ALL, 8))),
    );
  });

  it('gives every row its own past where some rows are written', async () => {
    const { cache, video, valuesOf, endStep } = cacheSetup();
    const one = cache({ storage, generations: 3 });
    one.write(cond(ALL, 0), video(1, 2, 3, 4));
    one.write(cond(rows(1, 3), 1), video(12, 14));
    endStep();
    one.write(cond(rows(1), 2), video(22));
    one.write(cond(ALL, 3), video(31, 32, 33, 34));
    one.write(cond(rows(0, 1), 4), video(41, 42));
    endStep();
    const told: string[] = [];
    const at = async (g: number, of = ALL) => {
      const weigh = (steps: readonly number[]) => {
        told.push(steps.join(' '));
        return each(g)(steps);
      };
      return (await valuesOf(one.combine(cond(of, 5), weigh))).video?.map(Math.round);
    };
    expect(await at(0)).toEqual([41, 42, 33, 34]);
    expect(told).toEqual(['4 3 0', '4 3 2', '3 0', '3 1 0']);
    expect(await at(1)).toEqual([31, 32, 3, 14]);
    expect(await at(2, rows(0, 1, 3))).toEqual([1, 22, 4]);
    expect([one.age(cond(rows(0, 1), 5)), one.age(cond(ALL, 5)), one.age(uncond(ALL, 5))]).toEqual([
      ...[1, 2, undefined],
    ]);
  });

  it('replaces what is written twice in a step, and holds what was planned', async () => {
    const { cache, video, valuesOf, endStep } = cacheSetup();
    const one = cache({ storage, generations: 2 });
    one.write(cond(ALL, 0), video(1, 2, 3, 4));
    one.write(cond(ALL, 1), video(5, 6, 7, 8));
    one.write(cond(rows(2), 1), video(70));
    one.write(cond(ALL, 1), video(9, 9, 9, 9));
    endStep();
    const { video: older } = await valuesOf(one.combine(cond(ALL, 2), each(1)));
    expect(older?.map(Math.round)).toEqual([1, 2, 3, 4]);
    const need = planned({ storage, generations: 2, widths: { video: 1 } });
    expect(one.bytes).toBe(cacheBytes(need, { video: 4 }, { branches: 1, deciding: 1 }));
    one.close();
  });
});

it('a cache of whoever decides is of one branch where the run is aligned', () => {
  const { cache, video } = cacheSetup();
  const [aligned, alone] = [cache({ per: 'decider' }, 'cond'), cache({ per: 'decider' })];
  for (const one of [aligned, alone]) {
    one.write(uncond(ALL, 0), video(1, 2, 3, 4));
    one.write(cond(ALL, 1), video(1, 2, 3, 4));
  }
  expect([aligned, alone].map((one) => [one.covers(cond(ALL)), one.covers(uncond(ALL)), one.bytes])).toEqual([
    [true, false, 16],
    [true, true, 32],
  ]);
});

describe('a token cache holds', () => {
  it('one buffer: rows are overwritten in place where nobody else has it', async () => {
    const { cache, video, endStep, settle, overwrites } = cacheSetup();
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
    const { cache, video, valuesOf, endStep, overwrites } = cacheSetup();
    const one = cache();
    one.write(cond(rows(2)), video(7));
    endStep();
    one.write(cond(rows(0, 1, 3)), video(1, 2, 4));
    expect(await valuesOf(one.read(cond(ALL)))).toEqual({ video: [1, 2, 7, 4] });
    expect(overwrites()).toBe(2);
  });

  it('what was lent stays as it was until the step ends', async () => {
    const { cache, video, valuesOf, endStep, overwrites } = cacheSetup();
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
    const { cache, video, valuesOf, overwrites } = cacheSetup();
    const one = cache();
    const given = video(1, 2, 3, 4);
    one.write(cond(ALL), given);
    one.write(cond(rows(0)), video(9));
    expect(overwrites()).toBe(0);
    expect(await valuesOf(given)).toEqual({ video: [1, 2, 3, 4] });
  });

  it('rows that were read as a copy do not stop it from overwriting', async () => {
    const { cache, video, valuesOf, endStep, overwrites } = cacheSetup();
    const one = cache();
    one.write(cond(ALL), video(1, 2, 3, 4));
    endStep();
    const before = one.read(cond(rows(0, 1)));
    one.write(cond(rows(0, 1)), video(8, 9));
    expect(overwrites()).toBe(1);
    expect(await valuesOf(before)).toEqual({ video: [1, 2] });
  });

  it('nothing after it is closed', async () => {
    const { cache, video, store, settle, endStep } = cacheSetup();
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

describe('a token cache refuses', () => {
  it('a storage that nobody knows', () => {
    const { cache } = cacheSetup();
    const storage = 'int9' as 'int8';
    expect(() => cache({ storage })).toThrowErrorMatchingInlineSnapshot(`
      [SkipstoneError: a token cache cannot store rows as 'int9'
        have   storage: 'int9'
        need   float32, bfloat16, int8
        do     did you mean 'int8'?]
    `);
  });

  it('values of other rows than the call’s', () => {
    const { cache, video } = cacheSetup();
    const one = cache();
    expect(() => one.write(cond(ALL), video(1, 2))).toThrowErrorMatchingInlineSnapshot(`
      [SkipstoneError: token cache kept: the shapes do not go together
        have   [2, 1] and [4, 1]
        need   equal shapes
        do     check which rows each tensor holds: all of them (N) or the computed ones (A)]
    `);
    expect(() => one.write(cond(rows(0, 1)), video(1, 2, 3, 4))).toThrow('[4, 1] and [2, 1]');
  });

  it('values of another width, or stream, than was declared', () => {
    const { cache, store } = cacheSetup();
    const one = cache();
    const wide = store.put({ type: 'float32', shape: [1, 2], data: new Float32Array(2) });
    expect(() => one.write(cond(rows(0)), { video: wide })).toThrow('[1, 2] and [1, 1]');
    expect(() => one.write(cond(ALL), { sound: wide })).toThrow("token cache kept: no stream 'sound'");
  });

  it('what was not declared, naming the nearest', () => {
    const keeper = new Keeper(cacheSetup().means, [planned({ name: 'residual' })]);
    expect(() => keeper.tokenCache('residuals')).toThrowErrorMatchingInlineSnapshot(`
      [SkipstoneError: it asks for a token cache that it did not declare: residuals
        have   needs.caches: residual
        need   every cache declared, so that the plan can count its bytes
        do     add residuals to needs.caches, or did you mean residual?]
    `);
  });

  it('a branch’s memory where no branch is known', () => {
    const { cache, video } = cacheSetup();
    const one = cache();
    const nobody = { step: 0, rows: ALL, branches: ['cond'] };
    expect(() => one.write(nobody, video(1, 2, 3, 4))).toThrowErrorMatchingInlineSnapshot(`
      [SkipstoneError: a token cache of branches is used where no branch is known
        have   a call of advance or evaluate
        need   a call of forward, trunk or block, or a cache that is one for all branches
        do     declare it with per: 'run']
    `);
    expect(() => one.read(nobody)).toThrow('no branch is known');
  });
});
