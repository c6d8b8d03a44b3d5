import { describe, expect, it, vi } from 'vitest';
import type { Decision, Ledger } from '../../ledger/ledger.js';
import { Decisions } from './decisions.js';

const NOBODY = new Map<string, string>();
const ALIGNED = new Map([['cache', 'cond']]);
const at = (step: number, branch?: string, branches = ['cond', 'uncond']) =>
  branch === undefined ? { step, branches } : { step, branches, branch };

const ledgerOf = (decisions: readonly Decision[]): Ledger => ({
  version: 1,
  model: 'toy',
  steps: 4,
  decisions: [...decisions],
  passes: [],
});

function decisions(leaders: ReadonlyMap<string, string> = NOBODY, replay?: Ledger) {
  const told: Decision[] = [];
  const of = new Decisions(replay, (row) => told.push(row));
  of.leaders = leaders;
  return { told, of };
}

describe('a decision', () => {
  it('is recorded with why, and told at once', async () => {
    const { of, told } = decisions();
    const value = await of.decide('cache', at(3, 'cond'), 'reuse', (note) => {
      note({ signal: 0.1, threshold: 0.2 });
      note({ reason: 'small', signal: 0.15 });
      return true;
    });
    const row = { step: 3, branch: 'cond', plugin: 'cache', key: 'reuse', value: true };
    expect(value).toBe(true);
    expect(of.taken).toEqual([{ ...row, signal: 0.15, threshold: 0.2, reason: 'small' }]);
    expect(told).toEqual(of.taken);
  });

  it('is a call’s own to take, unless its branch follows another', () => {
    const of = (leaders: ReadonlyMap<string, string>) => {
      const places = [at(0), at(0, 'cond'), at(0, 'uncond'), at(0, 'uncond', ['uncond'])];
      return places.map((place) => decisions(leaders).of.followed('cache', place));
    };
    expect(of(NOBODY)).toEqual([undefined, undefined, undefined, undefined]);
    expect(of(ALIGNED)).toEqual([undefined, undefined, 'cond', undefined]);
  });

  it('of a step is apart from those of its branches', async () => {
    const { of } = decisions();
    const place = [at(0), at(0, 'cond'), at(0, 'uncond'), at(1)];
    for (const [i, one] of place.entries()) expect(await of.decide('cache', one, 'rows', () => i)).toBe(i);
    expect(of.taken.map((row) => row.branch)).toEqual([undefined, 'cond', 'uncond', undefined]);
  });

  it('is taken once', async () => {
    const { of } = decisions();
    const fn = vi.fn(() => true);
    await of.decide('cache', at(0, 'cond'), 'reuse', fn);
    await expect(of.decide('cache', at(0, 'cond'), 'reuse', fn)).rejects.toThrowErrorMatchingInlineSnapshot(`
      [SkipstoneError: cache: it decides reuse twice at step 0
        have   one decision of this name in this call already
        need   keys that are unique within a call
        do     give the second decision another key]
    `);
    await of.decide('other', at(0, 'cond'), 'reuse', fn);
    await of.decide('cache', at(0, 'cond'), 'order', fn);
    expect(fn).toHaveBeenCalledTimes(3);
  });

  it('is refused where it rests on a number that is none', async () => {
    const { of } = decisions();
    const decide = of.decide('cache', at(2, 'cond'), 'reuse', (note) => {
      note({ signal: Number.NaN });
      return false;
    });
    await expect(decide).rejects.toThrowErrorMatchingInlineSnapshot(`
      [SkipstoneError: cache: it decides reuse by a number that is none, at step 2
        have   NaN
        need   a finite signal and threshold
        do     check the latents and the weights for values that are not finite]
    `);
    expect(of.taken).toEqual([]);
  });

  it('that throws is not recorded', async () => {
    const { of } = decisions();
    const thrown = of.decide('cache', at(0), 'rows', () => {
      throw new Error('no rows');
    });
    await expect(thrown).rejects.toThrow('no rows');
    expect(of.taken).toEqual([]);
  });
});

describe('aligned decisions', () => {
  it('follow the leader, and a follower’s probe never runs', async () => {
    const { of } = decisions(ALIGNED);
    const probe = vi.fn(() => true);
    await of.decide('cache', at(0, 'cond'), 'reuse', probe);
    expect(await of.decide('cache', at(0, 'uncond'), 'reuse', probe)).toBe(true);
    expect(probe).toHaveBeenCalledTimes(1);
    expect(of.taken[1]).toEqual({ ...of.taken[0], branch: 'uncond', follows: 'cond' });
  });

  it('are those of the plugin that asked for it only, and of branches only', async () => {
    const { of } = decisions(ALIGNED);
    const probe = vi.fn(() => 1);
    await of.decide('other', at(0, 'cond'), 'order', probe);
    await of.decide('other', at(0, 'uncond'), 'order', probe);
    await of.decide('cache', at(0), 'rows', probe);
    expect(probe).toHaveBeenCalledTimes(3);
  });

  it('fail where the leader has not decided', async () => {
    const { of } = decisions(ALIGNED);
    await of.decide('cache', at(0, 'cond'), 'reuse', () => true);
    const late = of.decide('cache', at(1, 'uncond'), 'reuse', () => true);
    await expect(late).rejects.toThrowErrorMatchingInlineSnapshot(`
      [SkipstoneError: cache: branch uncond follows cond, which has not decided reuse at step 1
        have   no decision of cond
        need   a leader that takes every decision of its followers
        do     decide the same keys for every branch of a step]
    `);
  });

  it('are led by the branch that runs first at a step that leaves the leader out', async () => {
    const { of } = decisions(ALIGNED);
    const probe = vi.fn(() => true);
    for (const branch of ['uncond', 'isolated'])
      await of.decide('cache', at(0, branch, ['uncond', 'isolated']), 'reuse', probe);
    expect(probe).toHaveBeenCalledTimes(1);
    expect(of.taken.map((row) => row.follows)).toEqual([undefined, 'uncond']);
  });

  it('are taken once by a follower too', async () => {
    const { of } = decisions(ALIGNED);
    await of.decide('cache', at(0, 'cond'), 'reuse', () => true);
    await of.decide('cache', at(0, 'uncond'), 'reuse', () => true);
    await expect(of.decide('cache', at(0, 'uncond'), 'reuse', () => true)).rejects.toThrow('twice');
  });
});

describe('a replay', () => {
  const row: Decision = { step: 0, branch: 'cond', plugin: 'cache', key: 'reuse', value: true };

  it('overrides the answer but runs what leads to it', async () => {
    const { of } = decisions(NOBODY, ledgerOf([{ ...row, signal: 9, reason: 'edited' }]));
    const probe = vi.fn((note: (why: { signal: number }) => void) => {
      note({ signal: 0.5 });
      return false;
    });
    expect(await of.decide('cache', at(0, 'cond'), 'reuse', probe)).toBe(true);
    expect(probe).toHaveBeenCalledTimes(1);
    expect(of.taken).toEqual([{ ...row, signal: 0.5 }]);
    expect(of.unasked).toEqual([]);
  });

  it('leaves decisions that it does not know to whoever takes them', async () => {
    const { of } = decisions(NOBODY, ledgerOf([row]));
    expect(await of.decide('cache', at(1, 'cond'), 'reuse', () => false)).toBe(false);
    expect(of.unasked).toEqual([row]);
  });

  it('of a leader carries its followers along, whatever their own rows say', async () => {
    const follower = { ...row, branch: 'uncond', follows: 'cond', value: false };
    const { of } = decisions(ALIGNED, ledgerOf([row, follower]));
    await of.decide('cache', at(0, 'cond'), 'reuse', () => false);
    expect(await of.decide('cache', at(0, 'uncond'), 'reuse', () => false)).toBe(true);
    expect(of.unasked).toEqual([]);
  });

  it('does not miss rows of followers: they are nobody’s own', () => {
    const follower = { ...row, branch: 'uncond', follows: 'cond' };
    expect(decisions(ALIGNED, ledgerOf([follower])).of.unasked).toEqual([]);
  });

  it('goes on behind what a resumed run decided before', async () => {
    const { of } = decisions(ALIGNED, ledgerOf([row, { ...row, step: 1 }]));
    of.restore([row]);
    expect(of.unasked.map(({ step }) => step)).toEqual([1]);
    await expect(of.decide('cache', at(0, 'cond'), 'reuse', () => true)).rejects.toThrow('twice');
    expect(await of.decide('cache', at(0, 'uncond'), 'reuse', () => false)).toBe(true);
  });
});
