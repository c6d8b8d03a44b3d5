import { expect, test } from 'vitest';
import { stepNoise } from '../noise/step-noise.js';
import type { HostTensor, Streams } from '../spec/tensor.js';
import { hostKernels } from '../testing/host-kernels.js';
import { plainKeep } from '../testing/plain-keep.js';
import { euler } from './euler.js';
import { ancestralWeights, eulerAncestral } from './euler-ancestral.js';

const X = [-2, -0.5, 0.3, 1.7];
const V = [0.4, -1.2, 0.9, 2.1];
const NOISE = [0.1, -0.7, 1.3, -0.2];
/** LTX-2.5's first stage. */
const SIGMAS = [1, 0.99375, 0.9875, 0.98125, 0.975, 0.909375, 0.725, 0.421875, 0];

function stepOf(sampler: ReturnType<typeof euler>, from: number, to: number): Float32Array {
  const kernels = hostKernels();
  const put = (values: readonly number[]): Streams => ({
    video: kernels.put({ type: 'float32', shape: [4, 1], data: Float32Array.from(values) }),
  });
  const more = sampler.seed === undefined ? {} : { noise: () => put(NOISE) };
  const history = sampler.history(plainKeep());
  const out = sampler.step({
    x: put(X),
    v: put(V),
    from,
    to,
    left: to === 0 ? 0 : 1,
    history,
    kernels,
    ...more,
  });
  return kernels.get(out.video as NonNullable<typeof out.video>).data as Float32Array;
}

/** The published step, in terms of the clean sample. */
function published(
  x: number,
  v: number,
  n: number,
  [from, to, eta]: readonly [number, number, number],
): number {
  const x0 = x - from * v;
  if (to === 0) return x0;
  const down = to * (1 + (to / from - 1) * eta);
  const y = (down / from) * x + (1 - down / from) * x0;
  const r = (1 - to) / (1 - down);
  return r * y + n * Math.sqrt(Math.max(to * to - r * r * down * down, 0));
}

test.each([1, 0.5, 0.1])('with η %d a step is the published one, on the grid it was published for', (eta) => {
  for (let i = 0; i + 1 < SIGMAS.length; i++) {
    const [from = 0, to = 0] = SIGMAS.slice(i, i + 2);
    const got = stepOf(eulerAncestral({ seed: 1, eta }), from, to);
    X.forEach((x, row) => {
      expect(got[row]).toBeCloseTo(published(x, V[row] ?? 0, NOISE[row] ?? 0, [from, to, eta]), 6);
    });
  }
});

test('with η 0 it is Euler, to the bit', () => {
  expect(stepOf(eulerAncestral({ seed: 1, eta: 0 }), 0.9, 0.6)).toEqual(stepOf(euler(), 0.9, 0.6));
});

test('a step keeps the share of data and of noise that its level has', () => {
  for (const [from, to] of [
    [1, 0.99],
    [0.9, 0.3],
    [0.2, 0.01],
  ] as const) {
    // x = (1 − σ)·x0 + σ·n and v = n − x0.
    const { x, v, noise } = ancestralWeights(from, to, 1);
    expect(x * (1 - from) - v).toBeCloseTo(1 - to, 12);
    expect(Math.hypot(x * from + v, noise)).toBeCloseTo(to, 12);
    expect(noise).toBeGreaterThan(0);
  }
});

test('the last step gives the clean sample and asks for no noise', () => {
  X.forEach((x, row) => {
    expect(stepOf({ ...eulerAncestral({ seed: 1 }), seed: undefined as never }, 0.4, 0)[row]).toBeCloseTo(
      x - 0.4 * (V[row] ?? 0),
      6,
    );
  });
});

test.each([
  [{ seed: -1 }, 'seed is out of range'],
  [{ seed: 0.5 }, 'seed is out of range'],
  [{ seed: 1, eta: 1.1 }, 'eta is out of range'],
  [{ seed: 1, eat: 1 }, "did you mean 'eta'?"],
])('refuses %j', (options, message) => {
  expect(() => eulerAncestral(options)).toThrow(message);
});

test.each([
  [80, 40],
  [0.5, 0.5],
  [0.5, 0.6],
])('refuses a step from %d to %d', (from, to) => {
  expect(() => stepOf(eulerAncestral({ seed: 1 }), from, to)).toThrow('euler-ancestral cannot step');
});

test('noise of a step depends on seed, step and place alone, and is not that of the beginning', () => {
  const shapes = { video: [3, 2], audio: [2, 2] };
  const values = ({ data }: HostTensor = stepNoise(0, 0, shapes).video as HostTensor): string =>
    [...(data as Float32Array)].join();
  expect(stepNoise(5, 3, shapes)).toEqual(stepNoise(5, 3, shapes));
  const all = [stepNoise(5, 3, shapes), stepNoise(5, 4, shapes), stepNoise(6, 3, shapes)].flatMap((step) =>
    Object.values(step).map(values),
  );
  expect(new Set(all).size).toBe(6);
});
