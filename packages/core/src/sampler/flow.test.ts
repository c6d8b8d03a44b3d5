import { expect, test } from 'vitest';
import type { Sampler, SamplerHistory } from '../spec/sampler.js';
import type { Streams } from '../spec/tensor.js';
import { type HostKernels, hostKernels } from '../testing/host-kernels.js';
import { plainKeep } from '../testing/plain-keep.js';
import { euler } from './euler.js';
import { unipc } from './unipc.js';

/*
 * A flow with a known solution: x0 is normal with mean M and standard deviation S, so
 * x_σ is normal with mean (1 − σ)·M and variance (1 − σ)²·S² + σ², v(x, σ) = E[noise − x0 | x], and
 * x moves with its quantile: (x_σ − mean_σ)/deviation_σ is constant.
 */
const M = 0.7;
const S = 0.4;
const variance = (sigma: number) => (1 - sigma) ** 2 * S * S + sigma * sigma;

function velocity(x: number, sigma: number): number {
  const centred = (x - (1 - sigma) * M) / variance(sigma);
  return sigma * centred - (M + (1 - sigma) * S * S * centred);
}

function exact(x: number, from: number, to: number): number {
  return (1 - to) * M + Math.sqrt(variance(to) / variance(from)) * (x - (1 - from) * M);
}

const START = Float32Array.of(-2, -0.5, 0.3, 1.7);

function put(kernels: HostKernels, values: Float32Array): Streams {
  return { video: kernels.put({ type: 'float32', shape: [values.length, 1], data: values }) };
}

function values(kernels: HostKernels, { video }: Streams): Float32Array {
  const data = video === undefined ? undefined : kernels.get(video).data;
  if (!(data instanceof Float32Array)) throw new Error('no floats');
  return data;
}

interface Run {
  readonly sampler: Sampler;
  readonly sigmas: readonly number[];
  readonly start?: Float32Array;
  /** Whether the last of `sigmas` ends the whole grid. */
  readonly ends?: boolean;
}

function run({ sampler, sigmas, start = START, ends = true }: Run): Float32Array {
  const kernels = hostKernels();
  const history = sampler.history(plainKeep());
  let x = put(kernels, start);
  for (let i = 0; i + 1 < sigmas.length; i++) x = step({ sampler, kernels, history, x, sigmas, i, ends });
  return values(kernels, x);
}

function step(call: {
  readonly sampler: Sampler;
  readonly kernels: HostKernels;
  readonly history: SamplerHistory;
  readonly x: Streams;
  readonly sigmas: readonly number[];
  readonly i: number;
  readonly ends: boolean;
}): Streams {
  const { sampler, kernels, history, x, sigmas, i, ends } = call;
  const [from = 0, to = 0] = sigmas.slice(i, i + 2);
  const v = put(
    kernels,
    values(kernels, x).map((value) => velocity(value, from)),
  );
  return sampler.step({
    x,
    v,
    from,
    to,
    left: ends ? sigmas.length - i - 2 : sigmas.length,
    history,
    kernels,
  });
}

const grid = (steps: number, from: number, to: number) =>
  Array.from({ length: steps + 1 }, (_, i) => from + ((to - from) * i) / steps);

function errorAt(sampler: Sampler, steps: number): number {
  const out = run({ sampler, sigmas: grid(steps, 0.95, 0.15), ends: false });
  return Math.max(...out.map((value, i) => Math.abs(value - exact(START[i] ?? 0, 0.95, 0.15))));
}

const order = (sampler: Sampler, steps: number) =>
  Math.log2(errorAt(sampler, steps) / errorAt(sampler, 2 * steps));

test('Euler converges with order 1', () => {
  expect(order(euler(), 20)).toBeCloseTo(1, 1);
  expect(order(euler(), 80)).toBeCloseTo(1, 1);
});

test('UniPC of order 2 converges with order 3, thanks to its corrector', () => {
  expect(order(unipc(), 20)).toBeGreaterThan(2.5);
  expect(order(unipc(), 80)).toBeGreaterThan(2.8);
  expect(errorAt(unipc(), 20)).toBeLessThan(errorAt(euler(), 20) / 20);
});

test.each([euler(), unipc()])('$name reaches the mean of the data from pure noise', (sampler) => {
  const out = run({ sampler, sigmas: grid(200, 1, 0) });
  out.forEach((value, i) => {
    expect(value).toBeCloseTo(exact(START[i] ?? 0, 1, 0), 1);
  });
});

test.each([euler(), unipc()])('$name with one step predicts x0', (sampler) => {
  const out = run({ sampler, sigmas: [0.8, 0] });
  out.forEach((value, i) => {
    expect(value).toBeCloseTo((START[i] ?? 0) - 0.8 * velocity(START[i] ?? 0, 0.8), 6);
  });
});

test.each([euler(), unipc()])(
  '$name: groups of rows on grids of their own equal plain runs on those grids',
  (sampler) => {
    const sigmas = [...grid(12, 0.999, 0.08), 0];
    const strides = [1, 2, 4];
    const rows = strides.map((_, k) => Int32Array.of(k, k + 3));
    const start = Float32Array.of(-2, -0.5, 0.3, 1.7, 0.1, -1);
    const kernels = hostKernels();
    const histories = strides.map(() => sampler.history(plainKeep()));
    let x = put(kernels, start);
    for (let i = 0; i + 1 < sigmas.length; i++) {
      strides.forEach((stride, k) => {
        if (i % stride !== 0) return;
        const [group, history] = [rows[k], histories[k]];
        if (group === undefined || history === undefined) throw new Error('no group');
        const next = Math.min(i + stride, sigmas.length - 1);
        const sub = [sigmas[i] ?? 0, sigmas[next] ?? 0];
        const part = kernels.gather(x, { video: group });
        const ends = next === sigmas.length - 1;
        const moved = step({ sampler, kernels, history, x: part, sigmas: sub, i: 0, ends });
        x = kernels.scatter(x, { video: group }, moved);
      });
    }
    const out = values(kernels, x);
    strides.forEach((stride, k) => {
      const sub = [...sigmas.slice(0, -1).filter((_, i) => i % stride === 0), 0];
      const plain = run({ sampler, sigmas: sub, start: start.filter((_, row) => row % 3 === k) });
      expect(out.filter((_, row) => row % 3 === k)).toEqual(plain);
    });
  },
);
