import { readProfile } from '@skipstone/core';
import { errorOf, runOn, type Subject, temporaryFolder } from '@skipstone/core/testing';
import { describe, expect, it } from 'vitest';
import { ltxGuidance } from './guidance.js';
import { goldenSubject } from './test-kit/golden-subject.js';

const OFF = { cfg: 1, stg: 0, modality: 1, rescale: 0 };

describe('branches', () => {
  it.each([
    ['nothing wanted', { video: OFF, audio: OFF }, ['cond']],
    [
      'audio alone wants to leave the negative prompt',
      { video: OFF, audio: { ...OFF, cfg: 2 } },
      ['cond', 'uncond'],
    ],
    ['video alone wants to be perturbed', { video: { ...OFF, stg: 1 }, audio: OFF }, ['cond', 'perturbed']],
    ['the published scales', {}, ['cond', 'uncond', 'perturbed', 'isolated']],
  ])('%s', (_, scales, names) => {
    const { branches } = ltxGuidance({ ...scales, firstPerturbed: 28 });
    expect(branches.map(({ name }) => name)).toEqual(names);
  });

  it('refuses scales that are not numbers, and options it does not know', () => {
    expect(() => ltxGuidance({ video: { cfg: Number.NaN }, firstPerturbed: 1 })).toThrow(/a scale of video/);
    const misspelt = { video: { cgf: 3 }, firstPerturbed: 1 } as object;
    expect(() => ltxGuidance(misspelt as Parameters<typeof ltxGuidance>[0])).toThrow(/did you mean 'cfg'/);
  });
});

describe('the perturbed branch', async () => {
  const subject = await goldenSubject('run-ltx2-3');
  const whole = await goldenSubject('run-ltx2-3', {}, { firstPerturbed: 0 });

  it('computes only blocks from the first perturbed one on', async () => {
    // As the runtime executed them; a span's name says where it ends only.
    expect(await blocksRun(subject)).toEqual({
      cond: [0, 1],
      uncond: [0, 1],
      perturbed: [1],
      isolated: [0, 1],
    });
    expect(await blocksRun(whole)).toMatchObject({ cond: [0, 1], perturbed: [0, 1] });
  });

  it('gives what its full pass gives', async () => {
    const [some, all] = [await runOn(subject, { steps: 3 }), await runOn(whole, { steps: 3 })];
    expect(errorOf(some.latents, all.latents)).toBeLessThan(1e-6);
  });
});

/** Blocks that each branch computed operators of, in one step. */
async function blocksRun(subject: Subject): Promise<Record<string, readonly number[]>> {
  const profile = await temporaryFolder('perturbed');
  const { runs } = await runOn(subject, { steps: 1 }, { profile });
  const blocks: Record<string, Set<number>> = {};
  for (const { branch, node } of await readProfile(profile, { runs })) {
    const [, block] = /blocks\.(\d+)\./.exec(node) ?? [];
    if (branch === undefined || block === undefined) continue;
    blocks[branch] = (blocks[branch] ?? new Set()).add(Number(block));
  }
  return Object.fromEntries(Object.entries(blocks).map(([branch, set]) => [branch, [...set].sort()]));
}
