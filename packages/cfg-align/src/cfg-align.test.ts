import { cfg } from '@skipstone/core';
import { during, pluginLaws, runOn, toyGuidance, toySubject } from '@skipstone/core/testing';
import { describe, expect, it } from 'vitest';
import { cfgAlign } from './cfg-align.js';
import { grouped, skipping } from './test-kit/grouped.js';
import { reusesOf } from './test-kit/reuses-of.js';
import { type ResidualRead, stepCache } from './test-kit/step-cache.js';

const toy = await toySubject(1);
const twoBranches = cfg({ scale: 4 });
const fourBranches = toyGuidance();
/** The leader wishes to reuse at odd steps, all others at the next one. */
const wish = (step: number, branch: string) => step >= 2 && (step % 2 === 1) === (branch === 'cond');

describe('aligned branches', () => {
  it.each([
    ['two', twoBranches],
    ['four', fourBranches],
  ])(
    '%s of them do what the conditional one decides, and unaligned what each wishes',
    async (_, guidance) => {
      const aligned = await runOn(toy, { guidance, plugins: [cfgAlign(), stepCache(wish)] });
      const alone = await runOn(toy, { guidance, plugins: [stepCache(wish)] });
      const each = (own: string, others: string) =>
        Object.fromEntries(guidance.branches.map(({ name }) => [name, name === 'cond' ? own : others]));
      expect(reusesOf(aligned.ledger)).toEqual(each('cccrcr', 'cccrcr'));
      expect(reusesOf(alone.ledger)).toEqual(each('cccrcr', 'ccrcrc'));
    },
  );

  it('are the same wherever in the list it stands', async () => {
    const [a, b] = [
      [cfgAlign(), stepCache(wish)],
      [stepCache(wish), cfgAlign()],
    ];
    const [first, last] = [await runOn(toy, { plugins: a }), await runOn(toy, { plugins: b })];
    expect(last.ledger).toEqual(first.ledger);
  });

  it('follow without a probe: they run nothing where their leader looked', async () => {
    // The first block's attention reads no text, so that all branches share it anyway.
    const cache = stepCache(wish, [], 'blocks.1.attn_out');
    const { ledger } = await runOn(toy, { guidance: twoBranches, plugins: [cfgAlign(), cache] });
    const pass = (branch: string) =>
      ledger.passes
        .find((one) => one.step === 3 && one.branch === branch)
        ?.spans.map((id) => id.split('/')[1]);
    expect(pass('cond')).toEqual(['step.0', 'blocks.1.attn_out', 'end']);
    expect(pass('uncond')).toEqual(['end']);
    expect(ledger.decisions.filter((row) => row.branch !== 'cond').map((row) => row.follows)).toEqual(
      new Array(6).fill('cond'),
    );
  });

  it('follow a named leader that guidance does not list first', async () => {
    const { ledger } = await runOn(toy, { plugins: [cfgAlign({ leader: 'uncond' }), stepCache(wish)] });
    expect(reusesOf(ledger)).toEqual({
      uncond: 'ccrcrc',
      cond: 'ccrcrc',
      perturbed: 'ccrcrc',
      isolated: 'ccrcrc',
    });
    expect(ledger.passes.slice(0, 2).map(({ branch }) => branch)).toEqual(['uncond', 'cond']);
  });
});

it('one of four branches is missing at steps 5 to 9: nobody reuses when it returns', async () => {
  const names = fourBranches.branches.map(({ name }) => name);
  const guidance = during(fourBranches, (step) => (step >= 5 && step <= 9 ? names.slice(0, 3) : names));
  const reads: ResidualRead[] = [];
  const always = stepCache((step) => step >= 2 && step !== 7, reads);
  const { ledger } = await runOn(toy, { guidance, steps: 14, plugins: [cfgAlign(), always] });
  // The leader decides for all: as the one that returns holds nothing, all of them compute at step 10.
  expect(reusesOf(ledger)).toEqual({
    cond: 'ccrrrrrcrrcrrr',
    uncond: 'ccrrrrrcrrcrrr',
    perturbed: 'ccrrrrrcrrcrrr',
    isolated: 'ccrrr-----crrr',
  });
  const follows = ledger.decisions.filter((row) => row.step === 10).map((row) => [row.branch, row.follows]);
  expect(follows).toEqual([
    ['cond', undefined],
    ['uncond', 'cond'],
    ['perturbed', 'cond'],
    ['isolated', 'cond'],
  ]);
  const returned = reads.filter(({ step, branch }) => branch === 'isolated' && step > 5);
  expect(returned.map(({ step, writtenAt }) => [step, writtenAt])).toEqual([
    [11, 10],
    [12, 10],
    [13, 10],
  ]);
});

describe('what cannot be', () => {
  it('a leader that guidance does not have is refused by the plan, which lists the branches', async () => {
    const plugins = [cfgAlign({ leader: 'unkond' }), stepCache(wish)];
    await expect(runOn(toy, { plugins })).rejects.toMatchObject({
      code: 'plan-leader',
      lines: { have: 'cond, uncond, perturbed, isolated', do: expect.stringContaining('uncond') },
    });
  });

  it('an option that is not known is named', () => {
    expect(() => cfgAlign({ leder: 'cond' } as object)).toThrow("did you mean 'leader'?");
  });
});

describe('the laws, on two phases', async () => {
  const laws = pluginLaws(await toySubject(), {
    name: 'cfg-align',
    on: () => cfgAlign(),
    beside: () => [stepCache((step, branch) => wish(step, branch) || (branch === 'cond' && step > 8))],
    off: () => cfgAlign(),
    warmup: 2,
    hit: (row) => row.follows !== undefined && row.value === true,
    others: [grouped, skipping],
  });
  it.each(laws)('$name', (law) => law.check());
});
