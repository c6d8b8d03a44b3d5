import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Room } from '../session/room.js';
import type { HostTensor } from '../spec/tensor.js';
import { runGraph, someNumbers } from '../testing/small/run-graph.js';
import { scaledAdd } from './elementwise.js';
import type { KernelName } from './name.js';
import { kernelGraph } from './onnx-form.js';
import { dot, eachRow, mean, norm1, norm2, relativeL1, std } from './reduce.js';
import { gather, scatter } from './rows.js';

const [N, D] = [37, 11];
const SCALES = [1.37, -0.81, 0.013, -2.4];
const f = Math.fround;

const tensor = (data: Float32Array, shape: readonly number[] = [N, D]): HostTensor => ({
  type: 'float32',
  shape,
  data,
});

/** max|a − b| over all elements. */
const worst = (got: ArrayLike<number>, want: ArrayLike<number>): number =>
  Math.max(...Array.from(want, (value, i) => Math.abs((got[i] ?? Number.NaN) - value)));

/** Sum in float32, element after element: the plain formula's. */
const sum32 = (values: Float32Array): number => values.reduce((sum, value) => f(sum + value), 0);

/** The sum as the plain formula in float32 has it, times one rounding: its error is not below that. */
const half = (value: number): number => Math.abs(value) * 2 ** -24;

describe('the ONNX forms of the kernels', () => {
  let room: Room;
  beforeAll(() => {
    room = new Room({ device: 'cpu', threads: 1 });
  });
  afterAll(() => room.close());

  const run = async (
    name: KernelName,
    feeds: Readonly<Record<string, HostTensor>>,
    shape: readonly number[],
    terms = 1,
  ): Promise<Float32Array> => {
    const { y } = await runGraph(room, { graph: kernelGraph(name, terms), feeds, shapes: { y: shape } });
    return y ?? new Float32Array(0);
  };

  it.each([1, 2, 3, 4])(
    'scaledAdd of %i terms errs at most twice what the plain formula does',
    async (terms) => {
      const of = Array.from({ length: terms }, (_, i) => someNumbers(N * D, i + 1));
      const scales = SCALES.slice(0, terms);
      const feeds = Object.fromEntries(of.map((data, i) => [`x${i}`, tensor(data)]));
      const got = await run(
        'scaledAdd',
        { ...feeds, scales: tensor(Float32Array.from(scales), [terms]) },
        [N, D],
        terms,
      );
      const want = Array.from({ length: N * D }, (_, i) =>
        of.reduce((sum, data, k) => sum + (scales[k] ?? 0) * (data[i] ?? 0), 0),
      );
      const plain = want.map((_, i) =>
        of.reduce((sum, data, k) => f(sum + f(f(scales[k] ?? 0) * (data[i] ?? 0))), 0),
      );
      expect(worst(got, want)).toBeLessThanOrEqual(2 * worst(plain, want));
      const reference = new Float32Array(N * D);
      scaledAdd(scales, of, reference);
      expect(worst(reference, want)).toBeLessThanOrEqual(worst(plain, want));
    },
  );

  it('relativeL1 errs at most twice what the plain formula does', async () => {
    const [before, now] = [someNumbers(N * D, 1), someNumbers(N * D, 2)];
    const [got = Number.NaN] = await run('relativeL1', { x0: tensor(before), x1: tensor(now) }, [1]);
    const want = relativeL1(before, now);
    const change = now.map((value, i) => Math.abs(f(value - (before[i] ?? 0))));
    const plain = f(sum32(change) / sum32(now.map(Math.abs)));
    expect(Math.abs(got - want)).toBeLessThanOrEqual(2 * Math.max(Math.abs(plain - want), half(want)));
  });

  it('relativeL1 of nothing against nothing is 0, of something against nothing infinite', async () => {
    const [zeros, ones] = [new Float32Array(N * D), new Float32Array(N * D).fill(1)];
    const of = async (before: Float32Array, now: Float32Array): Promise<number | undefined> =>
      (await run('relativeL1', { x0: tensor(before), x1: tensor(now) }, [1]))[0];
    expect(await of(zeros, zeros)).toBe(relativeL1(zeros, zeros));
    expect(await of(ones, zeros)).toBe(relativeL1(ones, zeros));
  });

  it.each([
    ['norm1', norm1, (values: Float32Array) => sum32(values.map(Math.abs))],
    ['norm2', norm2, (values: Float32Array) => f(Math.sqrt(sum32(values.map((x) => f(x * x)))))],
  ] as const)(
    '%s errs at most twice what the plain formula does, of all and of rows',
    async (name, of, plain) => {
      const a = someNumbers(N * D, 7);
      const near = (got: number | undefined, part: Float32Array): void => {
        const want = of(part);
        const most = 2 * Math.max(Math.abs(plain(part) - want), half(want));
        expect(Math.abs((got ?? Number.NaN) - want)).toBeLessThanOrEqual(most);
      };
      const [whole] = await run(name, { x0: tensor(a) }, [1]);
      near(whole, a);
      const rows = await run(name === 'norm1' ? 'rowNorm1' : 'rowNorm2', { x0: tensor(a) }, [N, 1]);
      expect(rows.length).toBe(N);
      rows.forEach((got, row) => {
        near(got, a.slice(row * D, (row + 1) * D));
      });
    },
  );

  it('dot errs at most twice what the plain formula does, of all and of rows', async () => {
    const [a, b] = [someNumbers(N * D, 8), someNumbers(N * D, 9)];
    const products = a.map((x, i) => f(x * (b[i] ?? 0)));
    // Products cancel: the error goes with the sum of their sizes.
    const most = (from: number, to: number): number =>
      2 *
      Math.max(
        Math.abs(sum32(products.slice(from, to)) - dot(a, b, from, to)),
        half(norm1(products, from, to)),
      );
    const [whole = Number.NaN] = await run('dot', { x0: tensor(a), x1: tensor(b) }, [1]);
    expect(Math.abs(whole - dot(a, b))).toBeLessThanOrEqual(most(0, N * D));
    const rows = await run('rowDot', { x0: tensor(a), x1: tensor(b) }, [N, 1]);
    const want = new Float32Array(N);
    eachRow(D, want, (from, to) => dot(a, b, from, to));
    rows.forEach((got, row) => {
      expect(Math.abs(got - (want[row] ?? 0))).toBeLessThanOrEqual(most(row * D, (row + 1) * D) + half(got));
    });
  });

  it('mean errs at most twice what the plain formula does', async () => {
    const a = someNumbers(N * D, 3).map((value) => value + 5);
    const [got = Number.NaN] = await run('mean', { x0: tensor(a) }, [1]);
    const want = mean(a);
    const plain = f(sum32(a) / (N * D));
    expect(Math.abs(got - want)).toBeLessThanOrEqual(2 * Math.max(Math.abs(plain - want), half(want)));
  });

  it.each([0, 100])('std around %i errs at most twice what the plain formula does', async (centre) => {
    const a = someNumbers(N * D, 4).map((value) => value + centre);
    const [got = Number.NaN] = await run('std', { x0: tensor(a) }, [1]);
    const want = std(a);
    const middle = f(sum32(a) / (N * D));
    const squares = a.map((value) => f(f(value - middle) * f(value - middle)));
    const plain = f(Math.sqrt(f(sum32(squares) / (N * D - 1))));
    expect(Math.abs(got - want)).toBeLessThanOrEqual(2 * Math.max(Math.abs(plain - want), half(want)));
  });

  it.each([[[0]], [[36]], [[0, 5, 6, 36]], [Array.from({ length: N }, (_, i) => i)]])(
    'gather and scatter of rows %j are the reference’s, to the bit',
    async (list) => {
      const ids = Int32Array.from(list);
      const rows: HostTensor = { type: 'int64', shape: [ids.length], data: BigInt64Array.from(list, BigInt) };
      const [whole, part] = [someNumbers(N * D, 5), someNumbers(ids.length * D, 6)];
      const taken = new Float32Array(ids.length * D);
      gather(whole, D, ids, taken);
      expect(await run('gather', { x0: tensor(whole), rows }, [ids.length, D])).toEqual(taken);
      const put = new Float32Array(N * D);
      scatter(whole, D, ids, part, put);
      const feeds = { x0: tensor(whole), rows, x1: tensor(part, [ids.length, D]) };
      expect(await run('scatter', feeds, [N, D])).toEqual(put);
    },
  );
});
