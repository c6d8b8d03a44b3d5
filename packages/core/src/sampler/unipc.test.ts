import { expect, test } from 'vitest';
import { schedules } from '../schedule/schedules.js';
import type { SamplerHistory } from '../spec/sampler.js';
import type { Streams } from '../spec/tensor.js';
import { faultOf } from '../testing/fault.js';
import { hostKernels } from '../testing/host-kernels.js';
import { plainKeep } from '../testing/plain-keep.js';
import { euler } from './euler.js';
import { unipc } from './unipc.js';

function setup() {
  const kernels = hostKernels();
  const free = (held: Streams) => kernels.free(...Object.values(held));
  const sampler = unipc();
  const history = sampler.history(plainKeep(free));
  const put = (value: number): Streams => ({
    video: kernels.put({ type: 'float32', shape: [1], data: Float32Array.of(value) }),
  });
  const get = ({ video }: Streams) => (video === undefined ? undefined : kernels.get(video).data[0]);
  const step = (x: number, v: number, from: number, to: number, options: Partial<Options> = {}) =>
    sampler.step({ x: put(x), v: put(v), from, to, left: 3, history, kernels, ...options });
  return { kernels, sampler, history, put, get, step, free };
}

interface Options {
  readonly history: SamplerHistory;
  readonly left: number;
}

test('says how much it remembers', () => {
  expect(unipc().memory).toBe(2);
  expect(euler().memory).toBe(0);
});

test('the formulas of the paper, written out, give the same three steps', () => {
  const { step, get } = setup();
  const sigmas = [0.9, 0.7, 0.4, 0.2];
  const [l0 = 0, l1 = 0, l2 = 0, l3 = 0] = sigmas.map((s) => Math.log(1 - s) - Math.log(s));
  const velocities = [1.5, 0.5, -0.25];
  // Step 0: first order.
  const m0 = 2 - 0.9 * 1.5;
  const x1 = (0.7 / 0.9) * 2 - 0.3 * Math.expm1(-(l1 - l0)) * m0;
  // Step 1: corrector of order 1, predictor of order 2.
  const m1 = x1 - 0.7 * 0.5;
  const c1 = (0.7 / 0.9) * 2 - 0.3 * Math.expm1(-(l1 - l0)) * (m0 + (m1 - m0) / 2);
  const B2 = Math.expm1(-(l2 - l1));
  const base2 = (sigma: number, m: number) => (0.4 / 0.7) * sigma - 0.6 * B2 * m;
  const x2 = base2(c1, m1) - 0.6 * B2 * 0.5 * ((m0 - m1) / ((l0 - l1) / (l2 - l1)));
  // Step 2: corrector of order 2, then first order since it is the last.
  const m2 = x2 + 0.4 * 0.25;
  const [h, r] = [l2 - l1, (l0 - l1) / (l2 - l1)];
  const phi1 = B2 / -h - 1;
  const [b1, b2] = [phi1 / B2, (2 * (phi1 / -h - 0.5)) / B2];
  const a = (b1 - b2) / (1 - r);
  const c2 = base2(c1, m1) - 0.6 * B2 * ((a * (m0 - m1)) / r + (b1 - a) * (m2 - m1));
  const x3 = (0.2 / 0.4) * c2 - 0.8 * Math.expm1(-(l3 - l2)) * m2;

  let x = 2;
  const expected = [x1, x2, x3];
  for (let i = 0; i < 3; i++) {
    const [from = 0, to = 0] = sigmas.slice(i, i + 2);
    x = Number(get(step(x, velocities[i] ?? 0, from, to, { left: 2 - i })));
    expect(x).toBeCloseTo(expected[i] ?? 0, 5);
  }
});

test('does not change x or v and holds two predictions, whatever the length of the run', () => {
  const { kernels, sampler, history, put, get, free } = setup();
  const { sigmas } = schedules['unipc-flow']({ steps: 9, shift: 3 });
  let x = put(1);
  const v = put(0.5);
  for (let i = 0; i < 9; i++) {
    const before = get(x);
    const [from = 0, to = 0] = sigmas.slice(i, i + 2);
    const next = sampler.step({ x, v, from, to, left: 8 - i, history, kernels });
    expect([get(x), get(v)]).toEqual([before, 0.5]);
    free(x);
    x = next;
    expect(kernels.live).toBe(2 + Math.min(i + 1, 2));
  }
  for (const slot of history.slots) slot.set(undefined);
  expect(kernels.live).toBe(2);
});

test('a history that was saved and read back continues the run to the bit', () => {
  const { sigmas } = schedules['unipc-flow']({ steps: 6, shift: 3 });
  const runFrom = (saveAt: number) => {
    const { kernels, sampler, put, get, step, history } = setup();
    let past = history;
    let x = 1;
    for (let i = 0; i < 6; i++) {
      if (i === saveAt) {
        const saved = JSON.stringify([past.cell.value, past.slots.map((slot) => get(slot.get() ?? {}))]);
        const [cell, slots] = JSON.parse(saved) as [number[], (number | null)[]];
        past = sampler.history(plainKeep());
        past.cell.value = cell;
        slots.forEach((value, k) => {
          if (value !== null) past.slots[k]?.set(put(value));
        });
      }
      const [from = 0, to = 0] = sigmas.slice(i, i + 2);
      x = Number(get(step(x, Math.sin(x + i), from, to, { left: 5 - i, history: past })));
    }
    expect(kernels.live).toBeGreaterThan(0);
    return x;
  };
  const whole = runFrom(-1);
  expect([0, 1, 2, 3, 5].map(runFrom)).toEqual([whole, whole, whole, whole, whole]);
});

test('starts at pure noise without infinities', () => {
  const { step, get } = setup();
  const x1 = Number(get(step(2, 1.5, 1, 0.6)));
  expect(x1).toBeCloseTo(2 + (0.6 - 1) * 1.5, 6);
  const x2 = Number(get(step(x1, 1, 0.6, 0.3)));
  const x3 = Number(get(step(x2, 0.5, 0.3, 0.1)));
  expect([x2, x3, Number(get(step(x3, 0.5, 0.1, 0)))].every(Number.isFinite)).toBe(true);
});

test('ends at zero in first order even where it was not told that the step is the last', () => {
  const { step, get } = setup();
  const x1 = Number(get(step(2, 1.5, 0.9, 0.6)));
  expect(get(step(x1, 1, 0.6, 0))).toBeCloseTo(x1 - 0.6, 6);
});

test('refuses a step that begins where the last one did not end', () => {
  const { step } = setup();
  step(1, 1, 0.9, 0.6);
  const { code, lines } = faultOf(() => step(1, 1, 0.7, 0.5));
  expect(code).toBe('sampler-grid');
  expect(lines.have).toBe('a step from σ 0.7');
  expect(lines.need).toBe('a step from σ 0.6');
});

test('refuses histories that are not whole', () => {
  const { step, history } = setup();
  step(1, 1, 0.9, 0.6);
  history.slots[0]?.set(undefined);
  expect(faultOf(() => step(1, 1, 0.6, 0.5)).code).toBe('sampler-history');
  history.cell.value = [1, 0.9];
  expect(faultOf(() => step(1, 1, 0.6, 0.5)).code).toBe('sampler-history');
  const none = { cell: history.cell, slots: [] };
  none.cell.value = [];
  expect(faultOf(() => step(1, 1, 0.6, 0.5, { history: none })).code).toBe('sampler-history');
});

test.each([
  [0.5, 0.5],
  [0.5, 0.6],
  [1.1, 0.5],
  [0.5, -0.1],
  [Number.NaN, 0],
  [0.5, Number.NaN],
])('unipc refuses a step from %d to %d', (from, to) => {
  const { step } = setup();
  const { code, lines } = faultOf(() => step(1, 1, from, to));
  expect(code).toBe('sampler-step');
  expect(lines.have).toBe(`from σ ${from} to ${to}`);
  expect(lines.need).toBe('1 ≥ from > to ≥ 0');
});

test('euler takes any step that does not rise, also of EDM grids', () => {
  const { kernels, put, get } = setup();
  const sampler = euler();
  const history = sampler.history(plainKeep());
  const step = (from: number, to: number) =>
    get(sampler.step({ x: put(10), v: put(0.5), from, to, left: 3, history, kernels }));
  expect([step(80, 60), step(0.002, 0.002), step(1, 0.5)]).toEqual([0, 10, 9.75]);
  for (const [from, to] of [
    [0.5, 0.6],
    [Number.POSITIVE_INFINITY, 1],
    [0.5, -1],
    [Number.NaN, 0],
  ] as const) {
    const { code, lines } = faultOf(() => step(from, to));
    expect(code).toBe('sampler-step');
    expect(lines.what).toContain('euler');
  }
});
