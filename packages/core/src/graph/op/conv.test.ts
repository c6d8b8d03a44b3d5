import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../checkpoint/open.js';
import { writeSafetensors } from '../../checkpoint/write.js';
import { runChain } from '../../loop/run-chain.js';
import { gaussianNoise } from '../../noise/gaussian-noise.js';
import { planChain } from '../../plan/chain-plan.js';
import type { GraphBuilder } from '../../spec/graph-builder.js';
import type { HostTensor } from '../../spec/tensor.js';
import type { Value } from '../../spec/value.js';
import * as plain from '../../testing/plain.js';
import { temporaryFolder } from '../../testing/temporary-folder.js';
import { openChain } from '../chain.js';

const OPEN = { least: [] };

type Weights = Readonly<Record<string, readonly number[]>>;

/** One operation on a random input and random weights, by the runtime and by its definition. */
async function both(
  input: readonly number[],
  shapes: Weights,
  emit: (g: GraphBuilder, x: Value) => Value,
  define: (x: plain.Tensor, w: (name: string) => plain.Tensor) => plain.Tensor,
  mean = 0,
) {
  const random = (shape: readonly number[], seed: number, by: number, around: number): HostTensor => ({
    type: 'float32',
    shape,
    data: gaussianNoise({ seed, shape }).map((v) => v * by + around),
  });
  const weights = Object.fromEntries(
    Object.entries(shapes).map(([name, shape], i) => [name, random(shape, i + 2, 0.3, 0.1)]),
  );
  const path = join(await temporaryFolder('op'), 'w.safetensors');
  await writeSafetensors(path, Object.keys(weights).length > 0 ? weights : { none: random([1], 0, 1, 0) });
  const spec = { ...OPEN, name: 'op', least: input, spans: [{ name: 'only', emit }] };
  const chain = openChain(spec, await openCheckpoint(path), { ignore: ['none'] });
  const x = random(input, 1, 1, mean);
  const plan = planChain(chain, input, { device: 'cpu' });
  const made = await runChain(plan, x, { threads: 1 });
  const weight = (name: string): plain.Tensor => {
    const found = weights[name];
    if (!found) throw new Error(`no ${name}`);
    return plain.of(found);
  };
  const expected = define(plain.of(x), weight);
  const largest = expected.data.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  const off = expected.data.reduce((most, v, i) => Math.max(most, Math.abs(v - Number(made.data[i]))), 0);
  return { made, expected, plan, error: off / largest };
}

describe('conv', () => {
  it.each([
    ['two axes', [2, 3, 5, 4], [6, 3, 3, 3], [1, 1], [1, 1]],
    ['three axes', [1, 3, 4, 5, 6], [7, 3, 3, 3, 3], [1, 1, 1], [1, 1, 1]],
    ['a kernel of one frame', [1, 4, 3, 5, 2], [8, 4, 1, 3, 3], [0, 1, 1], [1, 1, 1]],
    ['strides and wide padding', [3, 1, 9, 7], [1, 1, 5, 5], [2, 2], [2, 4]],
    ['more channels than places', [1, 40, 1, 2, 2], [70, 40, 3, 3, 3], [1, 1, 1], [1, 1, 1]],
  ])('computes what its definition says: %s', async (_, input, kernel, padding, stride) => {
    const [out = 1] = kernel;
    const { made, expected, error } = await both(
      input,
      { weight: kernel, bias: [out] },
      (g, x) => {
        const by = { weight: g.weight('weight', kernel), bias: g.weight('bias', [out]) };
        return g.conv('conv', x, { ...by, padding, stride });
      },
      (x, w) => plain.conv(x, { weight: w('weight'), bias: w('bias'), padding, stride }),
    );
    expect(made.shape).toEqual(expected.shape);
    expect(error).toBeLessThan(1e-6);
  });

  it('needs neither bias nor padding', async () => {
    const { made, error } = await both(
      [1, 2, 4, 6],
      { weight: [3, 2, 2, 3] },
      (g, x) => g.conv('conv', x, { weight: g.weight('weight', [3, 2, 2, 3]) }),
      (x, w) => plain.conv(x, { weight: w('weight') }),
    );
    expect(made.shape).toEqual([1, 3, 3, 4]);
    expect(error).toBeLessThan(1e-6);
  });

  it.each([
    ['other channels', [1, 3, 4, 4], [2, 2, 3, 3], {}],
    ['other axes', [1, 2, 4, 4], [2, 2, 3, 3, 3], {}],
    ['a padding of too few axes', [1, 2, 4, 4], [2, 2, 3, 3], { padding: [1] }],
    ['a kernel that is larger than it', [1, 2, 2, 4], [2, 2, 3, 3], {}],
  ])('refuses %s', async (_, input, kernel, by) => {
    const emit = (g: GraphBuilder, x: Value) =>
      g.conv('conv', x, { weight: g.weight('weight', kernel), ...by });
    await expect(both(input, { weight: kernel }, emit, (x) => x)).rejects.toThrow('its kernel does not fit');
  });
});

describe('groupNorm', () => {
  it.each([
    ['two axes', [1, 8, 3, 5], 4, 0],
    ['three axes, far from zero', [1, 32, 3, 4, 5], 32, 20],
    ['a batch', [3, 8, 2, 2], 4, 0],
  ])('computes what its definition says: %s', async (_, input, groups, mean) => {
    const channels = input[1] ?? 0;
    const { error } = await both(
      input,
      { 'norm.weight': [channels], 'norm.bias': [channels] },
      (g, x) => g.groupNorm('norm', x, { groups, eps: 1e-5 }),
      (x, w) => plain.groupNorm(x, groups, 1e-5, w('norm.weight'), w('norm.bias')),
      mean,
    );
    expect(error).toBeLessThan(5e-6);
  });

  it('stays exact over groups of a real size', async () => {
    const { error } = await both(
      [1, 4, 8, 300, 400],
      { 'norm.weight': [4], 'norm.bias': [4] },
      (g, x) => g.groupNorm('norm', x, { groups: 2, eps: 1e-5 }),
      (x, w) => plain.groupNorm(x, 2, 1e-5, w('norm.weight'), w('norm.bias')),
      3,
    );
    expect(error).toBeLessThan(2e-6);
  });

  it('refuses channels that do not divide', async () => {
    const emit = (g: GraphBuilder, x: Value) => g.groupNorm('norm', x, { groups: 4, eps: 1e-5 });
    await expect(both([1, 6, 2, 2], {}, emit, (x) => x)).rejects.toThrow('cannot put into groups');
  });
});

describe('depthToSpace', () => {
  it.each([
    ['two axes', [2, 12, 3, 5], [2, 2]],
    ['unequal blocks', [1, 12, 2, 3], [3, 2]],
    ['three axes', [1, 16, 2, 3, 4], [2, 2, 2]],
    ['frames only', [1, 6, 2, 3, 4], [2, 1, 1]],
  ])('moves what its definition says: %s', async (_, input, blocks) => {
    const { made, expected } = await both(
      input,
      {},
      (g, x) => g.depthToSpace('spread', x, blocks),
      (x) => plain.depthToSpace(x, blocks),
    );
    expect(made.shape).toEqual(expected.shape);
    expect(plain.of(made)).toEqual(expected);
  });

  it('refuses channels that are not whole blocks', async () => {
    const emit = (g: GraphBuilder, x: Value) => g.depthToSpace('spread', x, [2, 2]);
    await expect(both([1, 6, 2, 2], {}, emit, (x) => x)).rejects.toThrow('cannot spread its channels');
  });
});
