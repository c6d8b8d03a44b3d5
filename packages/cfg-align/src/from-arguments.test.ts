import { runOn, toySubject } from '@skipstone/core/testing';
import { expect, it, test } from 'vitest';
import {
  cachedGuidanceFromArguments,
  cfgAlignFromArguments,
  guidanceIntervalFromArguments,
} from './from-arguments.js';

const toy = await toySubject(1);
const none = { values: [], options: {} };

test('a leader by its place or its name', () => {
  const align = (plugin: ReturnType<typeof cfgAlignFromArguments>) =>
    plugin.needs?.(toy.models[0]?.spec as never);
  expect(align(cfgAlignFromArguments(none))).toEqual({ align: { of: 'all' } });
  const led = { align: { of: 'all', leader: 'uncond' } };
  expect(align(cfgAlignFromArguments({ ...none, values: ['uncond'] }))).toEqual(led);
  expect(align(cfgAlignFromArguments({ ...none, options: { leader: 'uncond' } }))).toEqual(led);
});

test.each([
  [{ ...none, values: ['0.9..0.7'] }],
  [{ ...none, options: { from: 0.9, to: 0.7 } }],
  [{ values: [0.9], options: { to: 0.7 } }],
])('an interval as %j', async (given) => {
  const { ledger } = await runOn(toy, { plugins: [guidanceIntervalFromArguments(given)] });
  expect(ledger.decisions.map(({ value }) => value)).toEqual([false, false, true, true, false, false]);
});

test.each([
  [2, [0, 0, 1, 0, 1, 0]],
  [0.5, [0, 0, 0, 1, 0, 1]],
])('a warm-up of %d', async (warmup, reuses) => {
  const plugin = cachedGuidanceFromArguments({ values: [2], options: { warmup, form: 'prediction' } });
  const { ledger } = await runOn(toy, { plugins: [plugin] });
  expect(ledger.decisions.map(({ value }) => Number(value))).toEqual(reuses);
});

it.each([
  [() => cfgAlignFromArguments({ ...none, values: ['a', 'b'] }), '2 values'],
  [() => cfgAlignFromArguments({ values: ['a'], options: { leader: 'b' } }), 'leader twice'],
  [() => cfgAlignFromArguments({ ...none, options: { leder: 'b' } }), "did you mean 'leader'?"],
  [() => guidanceIntervalFromArguments({ ...none, values: ['0.9..high'] }), 'from 0.9, to NaN'],
  [() => cachedGuidanceFromArguments({ ...none, options: { warmup: 'soon' } }), 'warmup cannot be used'],
  [() => cachedGuidanceFromArguments({ ...none, values: ['often'] }), 'every cannot be used'],
])('refuses arguments that mean nothing (%#)', (make, said) => {
  expect(make).toThrow(said);
});
