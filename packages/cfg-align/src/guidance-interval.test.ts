import { cfg } from '@skipstone/core';
import { during, pluginLaws, runOn, sameBytes, toyGuidance, toySubject } from '@skipstone/core/testing';
import { describe, expect, it } from 'vitest';
import { cfgAlign } from './cfg-align.js';
import { guidanceInterval } from './guidance-interval.js';
import { grouped } from './test-kit/grouped.js';
import { reusesOf } from './test-kit/reuses-of.js';
import { stepCache } from './test-kit/step-cache.js';

const toy = await toySubject(1);

describe.each([
  ['two', cfg({ scale: 4 })],
  ['four', toyGuidance()],
])('with %s branches', (_, guidance) => {
  it('a window of all noise levels changes no bit and no pass', async () => {
    const with_ = await runOn(toy, { guidance, plugins: [guidanceInterval()] });
    const without = await runOn(toy, { guidance });
    expect(sameBytes(with_.latents, without.latents)).toBe(true);
    expect(with_.ledger.passes).toEqual(without.ledger.passes);
  });

  it('only the leading branch runs outside of it, as if guidance left the others out', async () => {
    const { ledger, latents } = await runOn(toy, {
      guidance,
      plugins: [guidanceInterval({ from: 0.95, to: 0.5 })],
    });
    // Levels of the six steps: 1, 0.9375, 0.857…, 0.75, 0.6, 0.375.
    expect(ledger.decisions.map(({ step, value }) => [step, value])).toEqual([
      [0, false],
      [1, true],
      [2, true],
      [3, true],
      [4, true],
      [5, false],
    ]);
    const names = guidance.branches.map(({ name }) => name);
    const asked = during(guidance, (step) => (step === 0 || step === 5 ? ['cond'] : names));
    const plain = await runOn(toy, { guidance: asked });
    expect(ledger.passes).toEqual(plain.ledger.passes);
    expect(sameBytes(latents, plain.latents)).toBe(true);
  });
});

it('its end is excluded, its beginning is not', async () => {
  const { ledger } = await runOn(toy, { plugins: [guidanceInterval({ from: 0.75, to: 0.375 })] });
  expect(ledger.decisions.map(({ value }) => value)).toEqual([false, false, false, true, true, false]);
});

it('a step cache computes where guidance begins', async () => {
  const always = stepCache((step) => step >= 1);
  const plugins = [guidanceInterval({ from: 0.8 }), cfgAlign(), always];
  const { ledger } = await runOn(toy, { guidance: cfg({ scale: 4 }), plugins });
  expect(reusesOf(ledger)).toEqual({ cond: 'crrcrr', uncond: '---crr' });
});

it.each([
  [{ from: 0.2, to: 0.9 }, 'from 0.2, to 0.9'],
  [{ from: 1.5 }, 'from 1.5, to 0'],
  [{ to: -0.1 }, 'from 1, to -0.1'],
  [{ from: Number.NaN }, 'from NaN, to 0'],
])('refuses %j', (options, have) => {
  expect(() => guidanceInterval(options)).toThrow(have);
});

describe('the laws, on two phases', async () => {
  const laws = pluginLaws(await toySubject(), {
    name: 'guidance-interval',
    on: () => guidanceInterval({ from: 0.99, to: 0.3 }),
    off: () => guidanceInterval(),
    warmup: 0,
    hit: (row) => row.key === 'guided' && row.value === false,
    others: [grouped, () => stepCache((step) => step % 2 === 1)],
  });
  it.each(laws)('$name', (law) => law.check());
});
