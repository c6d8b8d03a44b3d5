import type { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { encodeModel } from '../graph/encode.js';
import type { Node } from '../graph/node.js';
import type { HostTensor } from '../spec/tensor.js';
import { runGraph, someTensor } from '../testing/small/run-graph.js';
import { workerThreads } from '../testing/small/worker-threads.js';
import { Room } from './room.js';

const SIDE = 384;
const ones = (...shape: readonly number[]): HostTensor => ({
  type: 'float32',
  shape,
  data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1),
});

/** The one matrix that can be multiplied by itself for ever. */
const identity: HostTensor = {
  type: 'float32',
  shape: [SIDE, SIDE],
  data: Float32Array.from({ length: SIDE * SIDE }, (_, i) => (i % (SIDE + 1) === 0 ? 1 : 0)),
};

/** `times` products of a matrix with itself, one after another. */
function products(times: number): Uint8Array {
  const nodes = Array.from({ length: times }, (_, i): Node => {
    const name = i === times - 1 ? 'y' : `y${i}`;
    const inputs = [i === 0 ? 'x' : `y${i - 1}`, 'x'];
    return { name, op: 'MatMul', domain: '', inputs, outputs: [name], attributes: {} };
  });
  const port = (name: string) => ({ name, type: 'float32' as const, shape: [SIDE, SIDE] });
  const graph = { name: 'products', inputs: [port('x')], outputs: [port('y')], nodes, initializers: [] };
  return encodeModel(graph, (file) => file);
}

const rooms: Room[] = [];
const open = (): Room => {
  const room = new Room({ device: 'cpu', threads: 1 });
  rooms.push(room);
  return room;
};
afterEach(async () => {
  await Promise.all(rooms.splice(0).map((room) => room.close()));
});

/** Compiles a long run; gives a way to post it. */
function longRun(room: Room, times: number): (label: string) => number {
  const session = room.newId();
  const x = room.newId();
  room.post({ op: 'put', id: x, host: identity });
  room.post({
    op: 'compile',
    session: {
      session,
      label: 'products',
      model: products(times),
      folder: '',
      weights: 'packed',
      outputs: ['y'],
    },
  });
  return (label) => {
    const id = room.newId();
    const outputs = { y: { id, type: 'float32' as const, shape: [SIDE, SIDE] } };
    room.post({ op: 'run', run: { session, label, inputs: { x }, outputs } });
    return id;
  };
}

describe('a room', () => {
  it('carries requests out in order and says what ran', async () => {
    const room = open();
    const post = longRun(room, 1);
    const first = post('first');
    post('second');
    const mean = room.reduce({ name: 'mean', inputs: [first], scales: [] });
    const { runs, handles, heldBytes } = await room.settle();
    expect(runs.map((run) => run.label)).toEqual(['first', 'second']);
    expect(runs.every((run) => run.ms > 0)).toBe(true);
    expect([handles, heldBytes]).toEqual([3, 3 * 4 * SIDE * SIDE]);
    expect(await mean).toBe(1 / SIDE);
    expect((await room.settle()).runs).toEqual([]);
  });

  it('holds nothing after everything is freed', async () => {
    const room = open();
    const post = longRun(room, 1);
    const ids = [post('a'), post('b')];
    room.post({ op: 'free', ids: [...ids, 2] });
    expect(await room.settle()).toMatchObject({ handles: 0, heldBytes: 0 });
  });

  it('leaves the caller’s event loop free while a session runs', async () => {
    const room = open();
    let ms = 0;
    let ticks = 0;
    for (let times = 32; ms < 200; times *= 2) {
      const post = longRun(room, times);
      await room.settle();
      let running = true;
      ticks = 0;
      const tick = (): void => {
        ticks++;
        if (running) setImmediate(tick);
      };
      setImmediate(tick);
      post('long');
      const { runs } = await room.settle();
      running = false;
      ms = runs[0]?.ms ?? Number.NaN;
    }
    expect(ticks).toBeGreaterThanOrEqual(10);
  });

  it('names the run that failed, and answers everything after it with that failure', async () => {
    const room = open();
    const post = longRun(room, 1);
    await room.settle();
    const wrong = room.newId();
    room.post({ op: 'put', id: wrong, host: ones(SIDE, 2) });
    const run = { session: 1, label: 'plain/blocks.7, branch cond, step 3', inputs: { x: wrong } };
    const outputs = { y: { id: room.newId(), type: 'float32' as const, shape: [SIDE, SIDE] } };
    room.post({ op: 'run', run: { ...run, outputs } });
    const error = await room.settle().catch((e: Error) => e);
    expect(error).toMatchObject({ code: 'runtime' });
    expect(String(error)).toContain('the runtime failed at plain/blocks.7, branch cond, step 3');
    expect(String(error)).toMatch(/have .*dimensions/s);
    post('later');
    await expect(room.settle()).rejects.toThrow('blocks.7');
    await expect(room.read(2)).rejects.toThrow('blocks.7');
  });

  it('names the graph that the runtime refuses', async () => {
    const room = open();
    const port = (name: string, side: number) => ({ name, type: 'float32' as const, shape: [side, side] });
    const inputs = ['x', 'z'];
    const node: Node = {
      name: 'blocks.3.to_q',
      op: 'MatMul',
      domain: '',
      inputs,
      outputs: ['y'],
      attributes: {},
    };
    const graph = {
      name: 'plain/blocks.3',
      inputs: [port('x', 2), port('z', 3)],
      outputs: [port('y', 2)],
      nodes: [node],
      initializers: [],
    };
    await expect(runGraph(room, { graph, feeds: {}, shapes: {} })).rejects.toThrow(
      /failed at plain\/blocks\.3\n.*blocks\.3\.to_q/,
    );
  });

  it('two at once do not meet, though they count their tensors alike', async () => {
    const [a, b] = [open(), open()];
    const [x, y] = [someTensor([4, 2], 1), someTensor([4, 2], 2)];
    a.post({ op: 'put', id: 1, host: x });
    b.post({ op: 'put', id: 1, host: y });
    const [fromA, fromB] = await Promise.all([a.read(1), b.read(1)]);
    expect([fromA.data, fromB.data]).toEqual([x.data, y.data]);
    a.abort();
    await expect(a.settle()).rejects.toThrow('aborted');
    expect((await b.read(1)).data).toEqual(y.data);
  });

  it('stops between two runs when it is aborted', async () => {
    const room = open();
    const post = longRun(room, 64);
    const done: number[] = [];
    const answers = Array.from({ length: 20 }, (_, i) => {
      const id = post(`run ${i}`);
      return room.reduce({ name: 'mean', inputs: [id], scales: [] }).then(() => {
        done.push(i);
        room.abort();
      });
    });
    const ends = await Promise.allSettled(answers);
    const failed = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason.name] : []));
    expect(done).toContain(0);
    expect(done.length).toBeLessThan(5);
    expect(failed).toEqual(new Array(20 - done.length).fill('AbortError'));
  });

  it('leaves no thread behind when it closes, aborted or not', async () => {
    const before = workerThreads();
    const [idle, busy] = [open(), open()];
    expect(workerThreads()).toBeGreaterThan(before);
    longRun(busy, 8)('long');
    busy.abort();
    await Promise.all([idle.close(), busy.close(), idle.close()]);
    expect(workerThreads()).toBe(before);
  });

  it('says so when it is used after it was closed', async () => {
    const room = open();
    await room.close();
    expect(() => room.post({ op: 'free', ids: [] })).toThrowErrorMatchingInlineSnapshot(`
      [SkipstoneError: the runtime was used after it was closed
        have   a closed room
        need   an open one
        do     start a new run]
    `);
  });

  it('fails what waits, and what is asked later, when its thread ends; and still closes', async () => {
    const room = open();
    await room.settle();
    const waiting = room.read(1);
    const { worker } = room as unknown as { worker: Worker };
    await worker.terminate();
    await expect(waiting).rejects.toThrowErrorMatchingInlineSnapshot(`
      [SkipstoneError: the runtime's thread ended in the middle of a run
        have   exit code 1
        need   a thread that lives until the run is closed
        do     check that there is memory left and that the package is built; then start a new run]
    `);
    await expect(room.settle()).rejects.toMatchObject({ code: 'runtime-thread' });
    await room.close();
  });

  it.each([
    'libstdc++.so.6: cannot open shared object file: No such file or directory',
    "Cannot find package 'onnxruntime-node' imported from worker.js",
  ])('says what to install where the runtime does not load: %s', async (message) => {
    const room = open();
    const { worker } = room as unknown as { worker: Worker };
    worker.emit('error', new Error(message));
    const error = await room.settle().catch((e: Error) => e);
    expect(error).toMatchObject({ code: 'runtime-missing', lines: { have: message } });
    expect(String(error)).toContain('do     run `npm ci`');
  });

  it('a failure that nobody waits for does not end the process', async () => {
    const unheard: unknown[] = [];
    const hear = (reason: unknown): void => {
      unheard.push(reason);
    };
    process.on('unhandledRejection', hear);
    const room = open();
    void room.reduce({ name: 'mean', inputs: [99], scales: [] });
    await expect(room.settle()).rejects.toThrow('the runtime failed at kernel mean');
    await new Promise((done) => setTimeout(done, 5));
    process.off('unhandledRejection', hear);
    expect(unheard).toEqual([]);
  });
});
