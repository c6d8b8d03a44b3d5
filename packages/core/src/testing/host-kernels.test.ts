import { expect, test } from 'vitest';
import { SkipstoneError } from '../error.js';
import type { HostTensor, Tensor } from '../spec/tensor.js';
import { hostKernels } from './host-kernels.js';

const tensor = (shape: readonly number[], ...values: number[]): HostTensor => ({
  type: 'float32',
  shape,
  data: Float32Array.from(values),
});

function setup() {
  const kernels = hostKernels();
  const video = (shape: readonly number[], ...values: number[]) => ({
    video: kernels.put(tensor(shape, ...values)),
  });
  const valuesOf = (of: Tensor | undefined) =>
    of === undefined ? undefined : Array.from(kernels.get(of).data, Number);
  return { kernels, video, valuesOf };
}

test('adds, subtracts and combines every stream', () => {
  const { kernels, valuesOf } = setup();
  const a = { video: kernels.put(tensor([2], 1, 2)), audio: kernels.put(tensor([1, 1], 3)) };
  const b = { audio: kernels.put(tensor([1, 1], 30)), video: kernels.put(tensor([2], 10, 20)) };
  const sum = kernels.add(a, b);
  expect([valuesOf(sum.video), valuesOf(sum.audio)]).toEqual([[11, 22], [33]]);
  expect(sum.audio?.shape).toEqual([1, 1]);
  expect(valuesOf(kernels.sub(b, a).video)).toEqual([9, 18]);
  const mixed = kernels.scaledAdd([
    { scale: 2, of: a },
    { scale: -1, of: b },
  ]);
  expect([valuesOf(mixed.video), valuesOf(mixed.audio)]).toEqual([[-8, -16], [-24]]);
  expect([valuesOf(a.video), valuesOf(b.video)]).toEqual([
    [1, 2],
    [10, 20],
  ]);
});

test('measures drift of the first stream, or of the named one', async () => {
  const { kernels } = setup();
  const before = { video: kernels.put(tensor([1], 1)), audio: kernels.put(tensor([1], 3)) };
  const now = { video: kernels.put(tensor([1], 2)), audio: kernels.put(tensor([1], 4)) };
  expect(await kernels.relativeL1(before, now)).toBe(0.5);
  expect(await kernels.relativeL1(before, now, 'audio')).toBe(0.25);
  await expect(kernels.relativeL1(before, now, 'vidio')).rejects.toThrow("e.g. 'video'");
});

test('gives mean and standard deviation of every stream', async () => {
  const { kernels, video } = setup();
  expect(await kernels.mean(video([3, 1], 1, 2, 6))).toEqual({ video: 3 });
  expect(await kernels.std(video([2], 1, 3))).toEqual({ video: Math.SQRT2 });
});

test('gathers and scatters rows of any shape', () => {
  const { kernels, video, valuesOf } = setup();
  const a = video([3, 1, 2], 0, 1, 10, 11, 20, 21);
  const rows = { video: Int32Array.of(0, 2) };
  const part = kernels.gather(a, rows);
  expect(part.video?.shape).toEqual([2, 1, 2]);
  expect(valuesOf(part.video)).toEqual([0, 1, 20, 21]);
  const back = kernels.scatter(video([3, 1, 2], 5, 5, 5, 5, 5, 5), rows, part);
  expect(valuesOf(back.video)).toEqual([0, 1, 5, 5, 20, 21]);
  expect(back.video?.shape).toEqual([3, 1, 2]);
});

test("'all' rows are the tensor itself", () => {
  const { kernels, video } = setup();
  const a = video([2, 1], 1, 2);
  const b = video([2, 1], 3, 4);
  expect(kernels.gather(a, { video: 'all' }).video).toBe(a.video);
  expect(kernels.scatter(a, { video: 'all' }, b).video).toBe(b.video);
});

test('refuses unequal shapes of equal length and names both', async () => {
  const { kernels, video } = setup();
  const [a, b] = [video([2, 3], 1, 2, 3, 4, 5, 6), video([3, 2], 1, 2, 3, 4, 5, 6)];
  const both = '[2, 3] and [3, 2]';
  expect(() => kernels.add(a, b)).toThrow(both);
  expect(() => kernels.sub(a, b)).toThrow(both);
  expect(() =>
    kernels.scaledAdd([
      { scale: 1, of: a },
      { scale: 1, of: b },
    ]),
  ).toThrow(both);
  await expect(kernels.relativeL1(a, b)).rejects.toThrow(both);
  expect(() => kernels.scatter(a, { video: 'all' }, b)).toThrow(both);
  expect(() => kernels.scatter(a, { video: Int32Array.of(0, 1) }, b)).toThrow('[2, 3] and [3, 2]');
  expect(() => kernels.scaledAdd([])).toThrow('no terms');
});

test('refuses records that name different streams', () => {
  const { kernels, video } = setup();
  const a = video([1], 1);
  const two = { ...a, audio: kernels.put(tensor([1], 2)) };
  for (const work of [
    () => kernels.add(a, two),
    () => kernels.sub(two, a),
    () => kernels.gather(a, {}),
    () => kernels.gather(a, { video: 'all', audio: 'all' }),
    () => kernels.scatter(two, { video: 'all', audio: 'all' }, a),
  ]) {
    expect(work).toThrow(SkipstoneError);
    expect(work).toThrow(/no stream '(video|audio)'/);
  }
});

test('refuses integers', () => {
  const { kernels } = setup();
  const ints = { video: kernels.put({ type: 'int32', shape: [1], data: Int32Array.of(1) }) };
  expect(() => kernels.add(ints, ints)).toThrow('float32 only');
});

test('counts live tensors and refuses freed ones', () => {
  const { kernels, video } = setup();
  const a = video([1], 1);
  const sum = kernels.add(a, a);
  expect(kernels.live).toBe(2);
  kernels.free(...Object.values(sum));
  expect(kernels.live).toBe(1);
  expect(() => kernels.add(sum, a)).toThrow('is not held');
  expect(() => kernels.free(...Object.values(sum))).toThrow('is not held');
});
