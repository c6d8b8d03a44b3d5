import { expect, test } from 'vitest';
import { faultOf } from '../testing/fault.js';
import { betaQuantile } from './beta-quantile.js';
import { flowGrid } from './flow-grid.js';

test('levels are shifted by μ, stretched and spread in this order', () => {
  const { sigmas } = flowGrid('any', {
    ...{ solver: 'unipc', levels: [1, 0.5], shift: { mu: 2, form: 'linear' }, terminal: 0.2 },
  });
  // 2/(2 + 1) is the second level, its distance from 1 grows to that of 0.2.
  expect(sigmas.map((sigma) => Number(sigma.toFixed(5)))).toEqual([1, 0.2, 0]);
  const spread = flowGrid('any', { solver: 'euler', levels: [1, 0.6, 0.01], spacing: 'exponential' });
  expect(spread.sigmas[1]).toBeCloseTo(0.1, 12);
  expect(spread.timesteps[1]).toBe(Math.fround(100));
});

test('the end may be the least level, which DPM-Solver takes from its betas', () => {
  const unipc = flowGrid('any', { solver: 'unipc', steps: 3, end: 'least' }).sigmas;
  expect(unipc[3]).toBe(unipc[2]);
  expect(flowGrid('any', { solver: 'dpmpp', steps: 3, end: 'least' }).sigmas[3]).toBeCloseTo(0.0100005, 7);
});

test('quantiles of Beta(0.6, 0.6) halve it in the middle and are what its distribution says', () => {
  expect(betaQuantile(0.5, 0.6)).toBeCloseTo(0.5, 9);
  expect([betaQuantile(0, 0.6), betaQuantile(1, 0.6)]).toEqual([0, 1]);
  // Beta(1, 1) is uniform; Beta(½, ½) is the arcsine law.
  expect(betaQuantile(0.3, 1)).toBeCloseTo(0.3, 9);
  expect(betaQuantile(0.3, 0.5)).toBeCloseTo(Math.sin((Math.PI * 0.3) / 2) ** 2, 9);
});

test.each([
  [{ levels: [0.5, 0.6] }, '0.5, 0.6'],
  [{ levels: [0.5, 0] }, '0.5, 0'],
  [{ levels: [1, 0.5], steps: 3 }, '1, 0.5 for 3 steps'],
])('given levels that are no grid are refused: %j', (more, have) => {
  const { code, lines } = faultOf(() => flowGrid('any', { solver: 'euler', ...more }));
  expect([code, lines.have]).toEqual(['schedule-option', have]);
});
