import { computedShare, type Plugin } from '@skipstone/core';
import { errorOf, planOn, runOn, sameBytes } from '@skipstone/core/testing';
import { describe, expect, test } from 'vitest';
import { keptAttention } from './kept-attention.js';
import { demoSubject } from './subjects.js';

describe('attention outputs reused whole', { timeout: 60_000 }, async () => {
  const subject = await demoSubject();
  const [{ spec } = { spec: { blocks: 0 } }] = subject.models;
  const run = (plugins: readonly Plugin[] = []) => runOn(subject, { steps: 4, plugins });
  const plain = await run();

  test('are the plain run where they are computed at every step', async () => {
    const { latents } = await run([keptAttention({ early: 1, every: 1 })]);
    expect(sameBytes(latents, plain.latents)).toBe(true);
  });

  test('leave out attention of all blocks between the steps that compute it, and nothing else', async () => {
    const { ledger, latents, leaked } = await run([keptAttention({ early: 1, every: 2 })]);
    const closed = ledger.passes.filter(({ branch }) => branch === 'cond').map((pass) => pass.closed.length);
    expect(closed).toEqual([0, spec.blocks, 0, 0]);
    const plan = planOn(subject, { steps: 4, plugins: [keptAttention({ early: 1, every: 2 })] });
    expect(plan.notes).toEqual([]);
    expect(computedShare(plan, ledger).whole).toBeLessThan(0.98);
    expect(errorOf(latents, plain.latents)).toBeGreaterThan(1e-2);
    expect(leaked).toBe(0);
  });

  test('are what a step would compute, where it reads what the step before read', async () => {
    const schedule = { ...planOn(subject, { steps: 3 }).request.schedule };
    const close = { ...schedule, timesteps: [800, 800, 300], sigmas: [0.8, 0.799999, 0.3, 0] };
    const on = (plugins: readonly Plugin[]) => runOn(subject, { steps: 3, schedule: close, plugins });
    const kept = await on([keptAttention({ early: 1, every: 3 })]);
    expect(kept.ledger.passes.map(({ closed }) => closed.length)).toContain(spec.blocks);
    expect(errorOf(kept.latents, (await on([])).latents)).toBeLessThan(1e-3);
  });
});
