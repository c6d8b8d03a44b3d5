import { expect, it } from 'vitest';
import { scale } from '../graph/op/elementwise.js';
import type { Recorder } from '../graph/recorder.js';
import { FUSED_OPERATORS, type FusedOperator } from '../graph/weights.js';
import type { Value } from '../spec/pass.js';
import { selfTest, testOperators } from './self-test.js';
import { relativeError } from './trial.js';

const x = (g: Recorder): Value =>
  g.cast(g.input({ name: 'x', type: 'float32', shape: [3, 4] }, 'step', false), g.options.compute);

/** An operator whose fused form is off by a factor. */
const off =
  (operator: FusedOperator, factor: number) =>
  (g: Recorder): Value =>
    scale(g, 'y', x(g), g.options.decompose.has(operator) ? 1 : factor);

it('trusts every fused operator of the CPU provider in float32', async () => {
  const { operators, notes, errors } = await selfTest('cpu', 'float32');
  expect([operators.size, notes]).toEqual([0, []]);
  expect(Object.keys(errors).sort()).toEqual([...FUSED_OPERATORS].sort());
  for (const error of Object.values(errors)) expect(error).toBeLessThan(1e-5);
  expect(Object.values(errors).some((error) => error > 0)).toBe(true);
});

it('trusts every fused operator of the CPU provider in float16', async () => {
  const { operators } = await selfTest('cpu', 'float16');
  expect([...operators]).toEqual([]);
});

it('runs once a process', () => {
  expect(selfTest('cpu', 'float32')).toBe(selfTest('cpu', 'float32'));
});

it('notices an operator that is wrong by a little more than rounding, and says so', async () => {
  const cases = { gelu: off('gelu', 1.001), rotary: off('rotary', 1.00001) };
  const { operators, notes } = await testOperators('cpu', 'float32', cases);
  expect([...operators]).toEqual(['gelu']);
  expect(notes).toEqual(['cpu computes fused gelu with an error of 0.0010: using its parts']);
});

it('half precision is allowed its own rounding', async () => {
  const cases = { gelu: off('gelu', 1.01), rotary: off('rotary', 1.05) };
  const { operators } = await testOperators('cpu', 'float16', cases);
  expect([...operators]).toEqual(['rotary']);
});

it('notices an operator that gives no numbers, or that the runtime refuses, and goes on', async () => {
  const refused = (g: Recorder): Value =>
    g.options.decompose.has('attention')
      ? scale(g, 'y', x(g), 1)
      : g.node({ name: 'y', op: 'NoSuchOperator', inputs: [x(g)], shape: [3, 4] });
  const cases = { attention: refused, gelu: off('gelu', Number.NaN), rotary: off('rotary', 1) };
  const { operators, errors } = await testOperators('cpu', 'float32', cases);
  expect([...operators]).toEqual(['attention', 'gelu']);
  expect(errors).toEqual({
    attention: Number.POSITIVE_INFINITY,
    gelu: Number.POSITIVE_INFINITY,
    rotary: 0,
  });
});

it('compares by the largest distance over the largest value; what is no number is infinitely far', () => {
  expect(relativeError([1, 2, -4], [1, 2.5, -5])).toBe(0.2);
  expect(relativeError([1, Number.NaN, 3], [1, 2, 3])).toBe(Number.POSITIVE_INFINITY);
  expect(relativeError([1], [1, 2])).toBe(Number.POSITIVE_INFINITY);
  expect(relativeError([0], [0])).not.toBeLessThanOrEqual(1);
  expect(relativeError([1, 2], [1, Number.NaN])).not.toBeLessThanOrEqual(1);
});
