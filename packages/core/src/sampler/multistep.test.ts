import { describe, expect, test } from 'vitest';
import type { Sampler } from '../spec/sampler.js';
import type { Streams } from '../spec/tensor.js';
import { faultOf } from '../testing/fault.js';
import { hostKernels } from '../testing/host-kernels.js';
import { plainKeep } from '../testing/plain-keep.js';
import { SAMPLER_NAMES, samplers } from './samplers.js';
import { readScheduler } from './scheduler-config.js';
import { unipc } from './unipc.js';

/** Integrates dx/dσ = v(x, σ) over a grid and gives the end. */
function integrate(
  sampler: Sampler,
  sigmas: readonly number[],
  velocity: (x: number, sigma: number) => number,
) {
  const kernels = hostKernels();
  const history = sampler.history(plainKeep());
  const put = (value: number): Streams => ({
    video: kernels.put({ type: 'float32', shape: [1], data: Float32Array.of(value) }),
  });
  const get = ({ video }: Streams): number => Number(video && kernels.get(video).data[0]);
  let x = put(1.5);
  for (let i = 0; i + 1 < sigmas.length; i++) {
    const [from = 0, to = 0] = [sigmas[i], sigmas[i + 1]];
    const v = put(velocity(get(x), from));
    x = sampler.step({ x, v, from, to, left: sigmas.length - 2 - i, history, kernels });
  }
  return get(x);
}

const even = (steps: number): readonly number[] =>
  Array.from({ length: steps + 1 }, (_, i) => 0.9 - (0.7 * i) / steps);

const MULTISTEP = SAMPLER_NAMES.filter((name) => !name.startsWith('euler'));

describe.each(MULTISTEP)('%s', (name) => {
  const sampler = () => samplers[name](0);

  test('of a clean sample that does not change it is exact, in any number of steps', () => {
    // x = (1 − σ)·m + σ·n: v = (x − m)/σ.
    for (const steps of [1, 3, 7]) {
      const end = integrate(sampler(), even(steps), (x, sigma) => (x - 0.25) / sigma);
      expect(end).toBeCloseTo(0.25 + ((1.5 - 0.25) * 0.2) / 0.9, 5);
    }
  });

  test('with more steps it comes nearer to the solution', () => {
    const velocity = (x: number, sigma: number) => Math.sin(2 * x + 3 * sigma);
    const exact = integrate(samplers.unipc(), even(2000), velocity);
    const error = (steps: number) => Math.abs(integrate(sampler(), even(steps), velocity) - exact);
    expect(error(40)).toBeLessThan(0.6 * error(10));
  });

  test('starts at pure noise and ends at none without infinities', () => {
    const grid = [1, 0.8, 0.55, 0.3, 0.1, 0];
    expect(Number.isFinite(integrate(sampler(), grid, (x, sigma) => Math.cos(x + sigma)))).toBe(true);
  });
});

test('a higher order is nearer on the same grid', () => {
  const velocity = (x: number, sigma: number) => Math.sin(2 * x + 3 * sigma);
  const exact = integrate(samplers.unipc(), even(4000), velocity);
  const error = (name: keyof typeof samplers) =>
    Math.abs(integrate(samplers[name](0), even(32), velocity) - exact);
  expect(error('dpmpp-2m')).toBeLessThan(0.3 * error('dpmpp-1'));
  expect(error('unipc')).toBeLessThan(0.3 * error('dpmpp-1'));
});

test('a step that is not to be corrected is not: the next starts from it as it is', () => {
  const velocity = (x: number, sigma: number) => Math.sin(2 * x + 3 * sigma);
  const all = [0, 1, 2, 3, 4];
  const [plain, none] = [unipc(), unipc({ uncorrected: all })].map((one) =>
    integrate(one, even(5), velocity),
  );
  expect(none).not.toBe(plain);
  expect(unipc({ uncorrected: all }).name).toBe('unipc-uncorrected-0-1-2-3-4');
});

test('an order that there is not is refused', () => {
  const { code, lines } = faultOf(() => unipc({ order: 4 as 3 }));
  expect([code, lines.have, lines.need]).toEqual(['sampler-option', '4', '1, 2, 3']);
});

describe("diffusers' configurations", () => {
  const dynamic = { _class_name: 'FlowMatchEulerDiscreteScheduler', use_dynamic_shifting: true };

  test('μ is asked for where the shift is dynamic, and refused where it is fixed', () => {
    expect(faultOf(() => readScheduler(dynamic, 'a.json').grid({ steps: 4 })).lines.have).toBe('no μ');
    const fixed = readScheduler({ ...dynamic, use_dynamic_shifting: false }, 'a.json');
    expect(faultOf(() => fixed.grid({ steps: 4, mu: 1 })).code).toBe('scheduler-shift');
  });

  test.each([
    [{ _class_name: 'DDIMScheduler' }, '_class_name'],
    [{ ...dynamic, stochastic_sampling: true }, 'stochastic_sampling'],
    [{ ...dynamic, sharper: true }, 'Unrecognized key: "sharper"'],
    [
      { _class_name: 'UniPCMultistepScheduler', prediction_type: 'epsilon', use_flow_sigmas: true },
      'prediction_type',
    ],
  ])('another scheduler is refused by what it says: %j', (json, have) => {
    const { code, lines } = faultOf(() => readScheduler(json, 'a.json'));
    expect(code).toBe('scheduler-config');
    expect(lines.have).toContain(have);
  });
});
