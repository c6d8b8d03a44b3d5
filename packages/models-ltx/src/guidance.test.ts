import { errorOf, runOn } from '@skipstone/core/testing';
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
    const { ledger } = await runOn(subject, { steps: 1 });
    const spans = (branch: string) => ledger.passes.find((pass) => pass.branch === branch)?.spans;
    // step.0 are the clocks, step.1 what the first block computes before it reads any text.
    expect(new Set(spans('cond'))).toEqual(
      new Set(['run.0', 'step.0', 'step.1', 'blocks.0', 'end'].map((part) => `plain/${part}`)),
    );
    expect(spans('perturbed')).toEqual(['skip-attention/end']);
  });

  it('gives what its full pass gives', async () => {
    const [some, all] = [await runOn(subject, { steps: 3 }), await runOn(whole, { steps: 3 })];
    expect(errorOf(some.latents, all.latents)).toBeLessThan(1e-6);
    const first = all.ledger.passes.find((pass) => pass.branch === 'perturbed')?.spans;
    expect(first).toEqual(['skip-attention/end']);
  });
});
