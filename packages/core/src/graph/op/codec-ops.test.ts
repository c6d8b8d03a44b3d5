import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../checkpoint/open.js';
import { writeSafetensors } from '../../checkpoint/write.js';
import { runChain, runChains } from '../../loop/run-chain.js';
import { gaussianNoise } from '../../noise/gaussian-noise.js';
import { planChain } from '../../plan/chain-plan.js';
import type { ChainSpec } from '../../spec/chain.js';
import type { GraphBuilder } from '../../spec/graph-builder.js';
import type { HostTensor } from '../../spec/tensor.js';
import type { Value } from '../../spec/value.js';
import { temporaryFolder } from '../../testing/temporary-folder.js';
import { openChain } from '../chain.js';

const random = (shape: readonly number[], seed: number): HostTensor => ({
  ...{ type: 'float32', shape },
  data: gaussianNoise({ seed, shape }),
});

/** What an operation makes of an input, and its input and weights as plain numbers. */
async function run(
  input: readonly number[],
  shapes: Readonly<Record<string, readonly number[]>>,
  emit: (g: GraphBuilder, x: Value) => Value,
) {
  const weights = Object.fromEntries(
    Object.entries(shapes).map(([name, shape], i) => [name, random(shape, i + 2)]),
  );
  const path = join(await temporaryFolder('op'), 'w.safetensors');
  await writeSafetensors(path, { ...weights, none: random([1], 0) });
  const spec: ChainSpec = { name: 'op', least: input, spans: [{ name: 'only', emit }] };
  const chain = openChain(spec, await openCheckpoint(path), { ignore: ['none'] });
  const x = random(input, 1);
  const { shape, data } = await runChain(planChain(chain, input, { device: 'cpu' }), x, { threads: 1 });
  const numbers = (name: string): number[] => Array.from(weights[name]?.data ?? [], Number);
  return { shape, made: Array.from(data, Number), x: Array.from(x.data, Number), numbers };
}

const close = (made: readonly number[], expected: readonly number[]): void => {
  expect(made).toHaveLength(expected.length);
  const size = Math.max(...expected.map(Math.abs));
  const off = Math.max(...expected.map((value, i) => Math.abs(value - (made[i] ?? Number.NaN))));
  expect(off / size).toBeLessThan(2e-6);
};

describe('pad', () => {
  it.each([
    ['edge', [0, 0, 0, 1, 2, 3, 3]],
    ['reflect', [2, 1, 0, 1, 2, 3, 2]],
  ] as const)('%s adds what stands at the ends', async (mode, from) => {
    const { made, x, shape } = await run([1, 2, 4], {}, (g, v) =>
      g.pad('pad', v, {
        mode,
        by: [
          [0, 0],
          [0, 0],
          [2, 1],
        ],
      }),
    );
    expect(shape).toEqual([1, 2, 7]);
    expect(made).toEqual([0, 1].flatMap((c) => from.map((i) => x[4 * c + i])));
  });
});

it('convTranspose spreads every value by its kernel, and leaves out the ends', async () => {
  const [channels, out, length, kernel, stride, padding] = [3, 2, 5, 5, 3, 1];
  const { made, x, numbers, shape } = await run(
    [1, channels, length],
    { weight: [channels, out, kernel], bias: [out] },
    (g, v) =>
      g.convTranspose('up', v, {
        weight: g.weight('weight', [channels, out, kernel]),
        bias: g.weight('bias', [out]),
        ...{ stride, padding },
      }),
  );
  const long = (length - 1) * stride + kernel - 2 * padding;
  expect(shape).toEqual([1, out, long]);
  const [weight, bias] = [numbers('weight'), numbers('bias')];
  const expected = Array.from({ length: out * long }, (_, i) => {
    const [o, place] = [Math.floor(i / long), (i % long) + padding];
    let sum = bias[o] ?? 0;
    for (let c = 0; c < channels; c++) {
      for (let t = 0; t < length; t++) {
        const k = place - t * stride;
        if (k >= 0 && k < kernel) sum += (x[c * length + t] ?? 0) * (weight[(c * out + o) * kernel + k] ?? 0);
      }
    }
    return sum;
  });
  close(made, expected);
});

it('conv reads values that are apart, with other zeros before than behind', async () => {
  const [kernel, dilation, before, after, stride, length] = [3, 2, 3, 0, 2, 9];
  const { made, x, numbers } = await run([1, 1, length], { weight: [1, 1, kernel] }, (g, v) =>
    g.conv('conv', v, {
      weight: g.weight('weight', [1, 1, kernel]),
      ...{ padding: [[before, after]], dilation: [dilation], stride: [stride] },
    }),
  );
  const count = Math.floor((length + before + after - ((kernel - 1) * dilation + 1)) / stride) + 1;
  const weight = numbers('weight');
  const expected = Array.from({ length: count }, (_, i) =>
    weight.reduce((sum, w, k) => sum + w * (x[i * stride + k * dilation - before] ?? 0), 0),
  );
  close(made, expected);
});

it('upsampleNearest repeats every value along its axes', async () => {
  const { made, x, shape } = await run([1, 2, 2, 3], {}, (g, v) => g.upsampleNearest('up', v, [2, 3]));
  expect(shape).toEqual([1, 2, 4, 9]);
  const expected = Array.from({ length: 72 }, (_, i) => {
    const [c, row, column] = [Math.floor(i / 36), Math.floor((i % 36) / 9), i % 9];
    return x[c * 6 + Math.floor(row / 2) * 3 + Math.floor(column / 3)];
  });
  expect(made).toEqual(expected);
});

it.each<[string, (g: GraphBuilder, v: Value) => Value, (x: number) => number]>([
  ['relu', (g, v) => g.relu('y', v), (x) => Math.max(0, x)],
  ['leakyRelu', (g, v) => g.leakyRelu('y', v, 0.1), (x) => (x < 0 ? 0.1 * x : x)],
  ['tanh', (g, v) => g.tanh('y', v), Math.tanh],
  ['exp', (g, v) => g.exp('y', v), Math.exp],
  ['log of exp', (g, v) => g.log('y', g.exp('e', v)), (x) => x],
  ['clamp', (g, v) => g.clamp('y', v, -0.5, 0.25), (x) => Math.min(0.25, Math.max(-0.5, x))],
  ['clamp from below', (g, v) => g.clamp('y', v, 0.1, Number.POSITIVE_INFINITY), (x) => Math.max(0.1, x)],
])('%s', async (_, emit, of) => {
  const { made, x } = await run([4, 9], {}, emit);
  close(made, x.map(of));
});

describe('attention', () => {
  const [rows, heads, keyHeads, width] = [5, 4, 2, 3];
  const given = { bias: { type: 'float32', shape: [heads, rows, rows] } } as const;

  it.each([
    ['fused', false],
    ['of parts', true],
  ])('with a bias, a scale and fewer heads of keys, %s', async (_, apart) => {
    const path = join(await temporaryFolder('op'), 'w.safetensors');
    await writeSafetensors(path, { none: random([1], 0) });
    const from = [rows, (heads + 2 * keyHeads) * width];
    const spec: ChainSpec = {
      ...{ name: 'op', least: from, given: () => given },
      spans: [
        {
          name: 'only',
          emit: (g, x, { bias }) => {
            const part = (name: string, at: number, many: number): Value =>
              g.slice(name, x, { axis: 1, from: at * width, to: (at + many) * width });
            const q = part('q', 0, heads);
            const [k, v] = [part('k', heads, keyHeads), part('v', heads + keyHeads, keyHeads)];
            return g.attention('mix', { q, k, v, heads, keyHeads, scale: 0.7, ...(bias && { bias }) });
          },
        },
      ],
    };
    const chain = openChain(spec, await openCheckpoint(path), { ignore: ['none'] });
    const decompose = new Set(apart ? (['attention'] as const) : []);
    const plan = planChain(chain, from, { device: 'cpu' }, decompose);
    const [x, bias] = [random(from, 1), random(given.bias.shape, 2)];
    const [made] = await runChains([{ plan, input: x, given: { bias } }], { threads: 1 });
    const at = (row: number, column: number): number => Number(x.data[row * (from[1] ?? 0) + column]);
    const expected = Array.from({ length: rows * heads * width }, (_, i) => {
      const [row, head, c] = [Math.floor(i / (heads * width)), Math.floor(i / width) % heads, i % width];
      const shared = Math.floor((head * keyHeads) / heads);
      const scores = Array.from({ length: rows }, (_, key) => {
        let sum = 0;
        for (let d = 0; d < width; d++)
          sum += at(row, head * width + d) * at(key, (heads + shared) * width + d);
        return 0.7 * sum + Number(bias.data[(head * rows + row) * rows + key]);
      });
      const weights = scores.map(Math.exp);
      const total = weights.reduce((a, b) => a + b, 0);
      return weights.reduce(
        (sum, w, key) => sum + (w / total) * at(key, (heads + keyHeads + shared) * width + c),
        0,
      );
    });
    close(Array.from(made?.data ?? [], Number), expected);
  });

  it('is refused what was not planned for', async () => {
    const path = join(await temporaryFolder('op'), 'w.safetensors');
    await writeSafetensors(path, { none: random([1], 0) });
    const spec: ChainSpec = {
      ...{ name: 'op', least: [rows, rows], given: () => given },
      spans: [{ name: 'only', emit: (g, x) => g.relu('y', x) }],
    };
    const chain = openChain(spec, await openCheckpoint(path), { ignore: ['none'] });
    const plan = planChain(chain, [rows, rows], { device: 'cpu' });
    await expect(runChain(plan, random([rows, rows], 1))).rejects.toThrow(
      'bias is not what it was planned for',
    );
  });
});
