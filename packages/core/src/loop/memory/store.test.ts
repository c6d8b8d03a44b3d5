import { describe, expect, it } from 'vitest';
import type { HostTensor, Rows } from '../../spec/tensor.js';
import { localRoom } from '../../testing/small/local-room.js';
import { weightFolder } from '../pass/weight-folder.js';
import { RoomSlot } from './keep.js';
import type { CacheMeans } from './rows.js';
import { checkRows, countRows, isAll, RowTensors } from './rows.js';
import { TensorStore } from './store.js';

const host: HostTensor = { type: 'float32', shape: [2], data: Float32Array.of(1, 2) };

function setup() {
  const { room, home, posted } = localRoom();
  const store = new TensorStore(room);
  return { store, home, posted, settle: () => room.settle() };
}

describe('a tensor', () => {
  it('goes with its step, unless somebody holds it', async () => {
    const { store, settle } = setup();
    const [kept] = [store.put(host), store.put(host)];
    store.retain(kept);
    store.endStep();
    expect([store.live, (await settle()).handles]).toEqual([1, 1]);
    store.release(kept);
    expect([store.live, (await settle()).handles]).toEqual([0, 0]);
  });

  it('may be overwritten only by its one holder outside of the step', () => {
    const { store } = setup();
    const tensor = store.put(host);
    expect(store.isSole(tensor)).toBe(false);
    store.retain(tensor);
    expect(store.isSole(tensor)).toBe(false);
    store.drop(tensor);
    expect(store.isSole(tensor)).toBe(true);
    store.lend(tensor);
    store.lend(tensor);
    expect(store.isSole(tensor)).toBe(false);
    store.endStep();
    expect(store.isSole(tensor)).toBe(true);
    store.retain(tensor);
    expect(store.isSole(tensor)).toBe(false);
  });

  it('is let go by the step once, however often', () => {
    const { store } = setup();
    const tensor = store.put(host);
    store.retain(tensor);
    store.drop(tensor);
    store.drop(tensor);
    expect(store.live).toBe(1);
  });

  it('is not known after it is gone', () => {
    const { store } = setup();
    const tensor = store.put(host);
    store.endStep();
    expect(() => store.retain(tensor)).toThrowErrorMatchingInlineSnapshot(`
      [SkipstoneError: a tensor is used after the step that owned it
        have   tensor 1 [2]
        need   a tensor of this step, or one that a token cache holds
        do     write what must survive a step to a tokenCache() or a slot()]
    `);
    expect(() => store.release(tensor)).toThrow('after the step that owned it');
    expect(() => store.lend(tensor)).toThrow('after the step that owned it');
  });
});

describe('a slot', () => {
  it('holds what it is given until something else takes its place', () => {
    const { store } = setup();
    const slot = new RoomSlot({ store } as CacheMeans);
    const [a, b] = [{ video: store.put(host) }, { video: store.put(host) }];
    slot.set(a);
    slot.set(a);
    store.endStep();
    expect([store.live, slot.get()]).toEqual([1, a]);
    expect(store.isSole(a.video)).toBe(false);
    store.endStep();
    expect(store.isSole(a.video)).toBe(true);
    expect(() => slot.set(b)).toThrow('after the step that owned it');
    slot.set(undefined);
    expect(store.live).toBe(0);
  });
});

describe('row ids', () => {
  it('are made once a step for a set, and once a run for all rows', async () => {
    const { store, settle } = setup();
    const rows = new RowTensors(store);
    const set = Int32Array.of(0, 2);
    const [a, all] = [rows.ids(set, 4), rows.ids('all', 4)];
    expect([rows.ids(set, 4), rows.ids('all', 4), rows.ids('all', 3) === all]).toEqual([a, all, false]);
    rows.endStep();
    store.endStep();
    expect([rows.ids('all', 4), rows.ids(set, 4) === a]).toEqual([all, false]);
    store.endStep();
    rows.close();
    expect([store.live, (await settle()).handles]).toEqual([0, 0]);
  });

  it('are counted, and known for all of them', () => {
    const set = Int32Array.of(0, 1);
    expect([countRows(set, 4), countRows('all', 4), countRows(undefined, 4)]).toEqual([2, 4, 4]);
    expect([isAll(set, 4), isAll(set, 2), isAll('all', 9), isAll(undefined, 9)]).toEqual([
      false,
      true,
      true,
      true,
    ]);
  });

  it.each<[Rows, string | undefined]>([
    [{ video: 'all', audio: Int32Array.of(0, 2) }, undefined],
    [{}, undefined],
    [{ video: new Int32Array(0) }, undefined],
    [{ video: Int32Array.of(-1) }, 'row -1 of video, which has 4'],
    [{ audio: Int32Array.of(0, 3) }, 'row 3 of audio, which has 3'],
    [{ video: Int32Array.of(2, 1) }, 'rows of video are not ascending at 1'],
    [{ video: Int32Array.of(1, 1) }, 'rows of video are not ascending at 1'],
    [{ text: 'all' }, 'no stream is named text'],
  ])('%j: %s', (rows, fault) => {
    expect(checkRows(rows, { video: 4, audio: 3 })).toBe(fault);
  });
});

describe('the folder of weights', () => {
  const span = (...files: readonly string[]) => ({
    graph: {
      name: '',
      inputs: [],
      outputs: [],
      nodes: [],
      initializers: [
        { name: 'inside', type: 'float32' as const, dims: [], data: { bytes: new Uint8Array() } },
        ...files.map((file, i) => ({
          name: `w${i}`,
          type: 'float32' as const,
          dims: [1],
          data: { file, offset: 0, byteLength: 4 },
        })),
      ],
    },
  });

  it.each([
    [['/models/wan/one.safetensors'], '/models/wan/', ['one.safetensors']],
    [['/models/wan/a.st', '/models/side/b.st'], '/models/', ['wan/a.st', 'side/b.st']],
    [['/models/wan/a.st', '/models/wan/deep/b.st'], '/models/wan/', ['a.st', 'deep/b.st']],
    [['/a.st', '/models/b.st'], '/', ['a.st', 'models/b.st']],
    [['/models/wan/a.st', '/models/wan2/b.st'], '/models/', ['wan/a.st', 'wan2/b.st']],
    [[], '/', []],
  ])('of %j is %s', (files, folder, names) => {
    const found = weightFolder([span(), ...files.map((file) => span(file))]);
    expect([found.folder, files.map(found.below)]).toEqual([folder, names]);
  });
});
