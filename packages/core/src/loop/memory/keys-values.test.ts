import { describe, expect, it } from 'vitest';
import type { KeyValueCache } from '../../graph/keys-values.js';
import type { Span } from '../../plan/cut/span.js';
import type { Rows } from '../../spec/tensor.js';
import { localRoom } from '../../testing/small/local-room.js';
import { KeysValues } from './keys-values.js';
import { TensorStore } from './store.js';

const N = { video: 4 };
const WIDTH = 2;
const BYTES = 4 * N.video * WIDTH;

const cacheOf = (name: string, position: number): KeyValueCache => {
  const port = (end: string) => ({
    name: `${name}.${end}`,
    type: 'float32' as const,
    shape: ['N.video', WIDTH],
  });
  return {
    name,
    stream: 'video',
    width: WIDTH,
    type: 'float32',
    position,
    input: port('cache'),
    output: port('all'),
  };
};
const [first, second] = [cacheOf('blocks.0.keys', 10), cacheOf('blocks.1.keys', 20)];
const spanOf = (...caches: readonly KeyValueCache[]): Span =>
  ({ id: 'rows/some', graph: { outputs: caches.map((cache) => cache.output) } }) as unknown as Span;

const some = (...rows: readonly number[]): Rows => ({ video: Int32Array.from(rows) });

function setup() {
  const { room } = localRoom();
  const store = new TensorStore(room);
  const all = [first, second];
  const branches = new Map([
    ['cond', { all, needed: all }],
    ['forked', { all, needed: [second] }],
  ]);
  return { caches: new KeysValues(store, branches, N), store, settle: () => room.settle() };
}

describe('keys and values of rows', () => {
  it('are one buffer, port in and port out, for as long as the branch runs', async () => {
    const { caches, store, settle } = setup();
    const bind = (rows: Rows) => caches.bind(spanOf(first), 'cond', rows);
    const ports = bind({ video: 'all' });
    expect(ports.get('blocks.0.keys.cache')).toBe(ports.get('blocks.0.keys.all'));
    expect([...ports.keys()]).toEqual(['blocks.0.keys.cache', 'blocks.0.keys.all']);
    store.endStep();
    expect(bind(some(1))).toEqual(ports);
    store.endStep();
    expect(await settle()).toMatchObject({ handles: 1, heldBytes: BYTES });
  });

  it('are apart for each branch and each block', async () => {
    const { caches, settle } = setup();
    const all: Rows = { video: 'all' };
    const ids = [
      caches.bind(spanOf(first, second), 'cond', all),
      caches.bind(spanOf(first, second), 'forked', all),
    ].flatMap((ports) => [...ports.values()].map(({ id }) => id));
    expect(new Set(ids).size).toBe(4);
    expect((await settle()).heldBytes).toBe(4 * BYTES);
  });

  it('are in sync when all that the branch needs hold all rows: one that forks needs those behind the fork', () => {
    const { caches } = setup();
    const synced = () => [
      caches.synced(['cond']),
      caches.synced(['forked']),
      caches.synced(['cond', 'forked']),
    ];
    expect(synced()).toEqual([false, false, false]);
    for (const branch of ['cond', 'forked']) caches.bind(spanOf(second), branch, { video: 'all' });
    expect(synced()).toEqual([false, true, false]);
    caches.bind(spanOf(first), 'cond', some(0, 1, 2, 3));
    expect(synced()).toEqual([true, true, true]);
    expect(caches.synced([])).toBe(true);
  });

  it('refuse some rows while others are missing', () => {
    const { caches } = setup();
    expect(() => caches.bind(spanOf(first), 'cond', some(0, 1))).toThrowErrorMatchingInlineSnapshot(`
      [SkipstoneError: branch cond computes some rows only, but blocks.0.keys lacks others (span rows/some)
        have   2 of 4 rows
        need   keys and values of every row, from a pass that computed all of them
        do     compute all rows while synced(branches) is false: at first, and when a branch returns]
    `);
  });

  it('of a branch that was left out are gone', async () => {
    const { caches, store, settle } = setup();
    caches.bind(spanOf(first, second), 'cond', { video: 'all' });
    caches.bind(spanOf(first), 'forked', { video: 'all' });
    caches.drop('cond');
    caches.drop('cond');
    expect([caches.synced(['cond']), store.live, (await settle()).handles]).toEqual([false, 1, 1]);
    expect(() => caches.bind(spanOf(first), 'cond', some(0))).toThrow('1 of 4 rows');
    caches.close();
    expect(store.live).toBe(0);
  });

  it('come back from a saved run as they were, and only into a plan that has them', () => {
    const { caches, store } = setup();
    const put = (...shape: readonly number[]) =>
      store.put({ type: 'float32', shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) });
    const bits = Uint8Array.of(1, 1, 1, 1);
    caches.restore('cond', first.name, put(4, WIDTH), bits);
    caches.restore('cond', second.name, put(4, WIDTH), bits);
    expect(caches.synced(['cond'])).toBe(true);
    expect([...caches.entries()].map(([branch, name]) => [branch, name])).toEqual([
      ['cond', first.name],
      ['cond', second.name],
    ]);
    expect(() => caches.restore('cond', first.name, put(3, WIDTH), bits)).toThrow('[4, 2]');
    expect(() => caches.restore('cond', 'blocks.9.keys', put(4, WIDTH), bits)).toThrow(
      'a cache that this plan has',
    );
    expect(() => caches.restore('nobody', first.name, put(4, WIDTH), bits)).toThrow('under another plan');
  });
});
