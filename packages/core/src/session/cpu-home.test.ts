import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { encodeModel } from '../graph/encode.js';
import type { Node } from '../graph/node.js';
import type { HostTensor } from '../spec/tensor.js';
import { CpuHome } from './cpu-home.js';
import { turnTelemetryOff } from './telemetry.js';

const floats = (...values: readonly number[]): HostTensor => ({
  type: 'float32',
  shape: [values.length],
  data: Float32Array.from(values),
});
const ids = (...values: readonly number[]): HostTensor => ({
  type: 'int64',
  shape: [values.length],
  data: BigInt64Array.from(values, BigInt),
});

let home: CpuHome;
beforeAll(turnTelemetryOff);
beforeEach(() => {
  home = new CpuHome(1);
});
afterEach(() => home.close());

const read = async (id: number): Promise<number[]> => Array.from((await home.read(id)).data, Number);
const add = (a: number, b: number, out: number) =>
  home.kernel({ name: 'scaledAdd', inputs: [a, b], scales: [1, 1], out: { id: out, shape: [3] } });

/** cache `[N, 1]` with `rows` overwritten by `x`. */
async function compileScatter(session: number): Promise<void> {
  const node = (name: string, op: string, inputs: readonly string[]): Node => ({
    name,
    op,
    domain: '',
    inputs,
    outputs: [name],
    attributes: {},
  });
  const model = encodeModel(
    {
      name: 'scatter',
      inputs: [
        { name: 'cache', type: 'float32', shape: ['N', 1] },
        { name: 'at', type: 'int64', shape: ['A', 1] },
        { name: 'x', type: 'float32', shape: ['A', 1] },
      ],
      outputs: [{ name: 'all', type: 'float32', shape: ['N', 1] }],
      nodes: [node('all', 'ScatterND', ['cache', 'at', 'x'])],
      initializers: [],
    },
    (file) => file,
  );
  await home.compile({ session, label: 'scatter', model, folder: '', weights: 'packed', outputs: ['all'] });
}

it('knows its tensors and their bytes, and has none after they are freed', async () => {
  home.put(1, floats(1, 2, 3));
  home.put(2, ids(0));
  expect([home.handles, home.heldBytes]).toEqual([2, 12 + 8]);
  await add(1, 1, 3);
  expect([home.handles, home.heldBytes, await read(3)]).toEqual([3, 32, [2, 4, 6]]);
  for (const id of [1, 2, 3, 3]) home.free(id);
  expect([home.handles, home.heldBytes]).toEqual([0, 0]);
});

it('refuses a tensor that was freed or never made', async () => {
  home.put(1, floats(1));
  home.free(1);
  await expect(home.read(1)).rejects.toThrow('tensor 1 was freed or never made');
  await expect(add(1, 1, 2)).rejects.toThrow('tensor 1 was freed or never made');
  await expect(home.run({ session: 7, label: '', inputs: {}, outputs: {} })).rejects.toThrow('no session 7');
});

it('a result takes the buffer of a freed one of its size', async () => {
  home.put(1, floats(1, 2, 3));
  await add(1, 1, 2);
  await add(1, 2, 3);
  home.free(2);
  expect(home.pooledBytes).toBe(12);
  home.put(4, floats(1));
  await home.kernel({ name: 'scaledAdd', inputs: [4], scales: [5], out: { id: 5, shape: [1] } });
  expect(home.pooledBytes).toBe(12);
  await add(3, 3, 6);
  expect([home.pooledBytes, await read(3), await read(6)]).toEqual([0, [3, 6, 9], [6, 12, 18]]);
  for (const id of [1, 3, 4, 5, 6]) home.free(id);
  expect([home.handles, home.heldBytes, home.pooledBytes]).toEqual([0, 0, 12 + 4 + 12]);
});

it('two tensors that came with one array never share the buffer of a later result', async () => {
  const twin = floats(1, 2, 3);
  home.put(1, twin);
  home.put(2, twin);
  home.put(3, floats(10, 20, 30));
  home.free(1);
  home.free(2);
  await add(3, 3, 4);
  home.put(5, floats(1, 1, 1));
  await add(5, 5, 6);
  expect([await read(4), await read(6)]).toEqual([
    [20, 40, 60],
    [2, 2, 2],
  ]);
});

it('what is read does not change with what happens later', async () => {
  home.put(1, floats(1, 2, 3));
  await add(1, 1, 2);
  const { data } = await home.read(2);
  await home.kernel({ name: 'scaledAdd', inputs: [1], scales: [0], out: { id: 2, shape: [3], inPlace: 2 } });
  expect([Array.from(data, Number), await read(2)]).toEqual([
    [2, 4, 6],
    [0, 0, 0],
  ]);
});

it('a session overwrites rows of a cache in place: nothing new is held', async () => {
  await compileScatter(1);
  home.put(10, { type: 'float32', shape: [4, 1], data: Float32Array.of(1, 2, 3, 4) });
  home.put(11, { ...ids(1, 3), shape: [2, 1] });
  home.put(12, { ...floats(20, 40), shape: [2, 1] });
  const before = home.heldBytes;
  const outputs = { all: { id: 10, type: 'float32' as const, shape: [4, 1], inPlace: 10 } };
  await home.run({ session: 1, label: '', inputs: { cache: 10, at: 11, x: 12 }, outputs });
  expect([await read(10), home.heldBytes, home.handles]).toEqual([[1, 20, 3, 40], before, 3]);
  const apart = { all: { id: 13, type: 'float32' as const, shape: [4, 1] } };
  await home.run({ session: 1, label: '', inputs: { cache: 10, at: 11, x: 12 }, outputs: apart });
  expect([home.heldBytes, home.handles]).toEqual([before + 16, 4]);
});

it('a kernel overwrites rows of a cache in place: nothing new is held', async () => {
  home.put(1, { type: 'float32', shape: [3, 2], data: Float32Array.of(1, 1, 2, 2, 3, 3) });
  home.put(2, ids(2));
  home.put(3, { type: 'float32', shape: [1, 2], data: Float32Array.of(9, 9) });
  const before = home.heldBytes;
  await home.kernel({
    name: 'scatter',
    inputs: [1, 2, 3],
    scales: [],
    out: { id: 1, shape: [3, 2], inPlace: 1 },
  });
  expect([await read(1), home.heldBytes]).toEqual([[1, 1, 2, 2, 9, 9], before]);
});

it('kernels refuse types they cannot compute with', async () => {
  home.put(1, ids(1, 2, 3));
  home.put(2, floats(1, 2, 3));
  await expect(home.kernel({ name: 'mean', inputs: [1], scales: [] })).rejects.toThrow(
    'mean works on float32',
  );
  await expect(
    home.kernel({ name: 'gather', inputs: [2, 2], scales: [], out: { id: 3, shape: [1] } }),
  ).rejects.toThrow('row ids are int64');
});
