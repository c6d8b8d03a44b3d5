import { expect, test } from 'vitest';
import { hostKernels } from '../kernel/host.js';
import type { Guidance } from '../spec/guidance.js';
import { faultOf } from '../testing/fault.js';
import { cfg } from './cfg.js';
import { during } from './during.js';

const namesAt = (guidance: Guidance, step: number, sigma = 0.5) =>
  guidance.at({ step, sigma }).map((branch) => branch.name);

const early = during(cfg({ scale: 5 }), (step) => (step < 5 ? ['uncond', 'cond'] : ['cond']));

test('leaves a branch out where it is not named, in the order of the guidance', () => {
  expect(namesAt(early, 4)).toEqual(['cond', 'uncond']);
  expect(namesAt(early, 5)).toEqual(['cond']);
  expect(early.branches).toHaveLength(2);
  expect(early.name).toBe('cfg');
});

test('can go by noise level', () => {
  const low = during(cfg({ scale: 5 }), (_, sigma) => (sigma > 0.3 ? ['cond', 'uncond'] : ['cond']));
  expect([namesAt(low, 0, 0.9), namesAt(low, 0, 0.2)]).toEqual([['cond', 'uncond'], ['cond']]);
});

test('goes into itself: a branch runs where both say so', () => {
  const late = during(early, (step) => (step >= 2 ? ['cond', 'uncond'] : ['cond']));
  expect([1, 2, 4, 5].map((step) => namesAt(late, step).length)).toEqual([1, 2, 2, 1]);
});

test('combines what ran', async () => {
  const kernels = hostKernels();
  const put = (value: number) => ({
    video: kernels.put({ type: 'float32', shape: [1], data: Float32Array.of(value) }),
  });
  const [latents, cond, uncond] = [put(0), put(1), put(3)];
  const call = { step: 0, sigma: 0.5, latents, kernels };
  expect(await early.combine({ ...call, predictions: { cond } })).toBe(cond);
  const { video } = await early.combine({ ...call, predictions: { cond, uncond } });
  expect(video && kernels.get(video).data).toEqual(Float32Array.of(3 - 10));
});

test('refuses unknown branches and steps without the leader', () => {
  const unknown = faultOf(() =>
    namesAt(
      during(cfg({ scale: 5 }), () => ['cond', 'unkond']),
      0,
    ),
  );
  expect(unknown.code).toBe('guidance-branch');
  expect(unknown.lines.do).toContain("the nearest is 'uncond'");
  const leaderless = faultOf(() =>
    namesAt(
      during(cfg({ scale: 5 }), () => ['uncond']),
      7,
    ),
  );
  expect(leaderless.lines.need).toBe('the leader at every step, also at step 7');
});
