import { describe, expect, it } from 'vitest';
import type { Ledger } from '../../ledger/ledger.js';
import { plugin } from '../../testing/small/written-plugin.js';
import { runOn, sameBytes } from '../../testing/subject.js';
import { toySubject } from '../../testing/toy/subject.js';
import type { SavedRun } from '../saved/saved-run.js';

describe('memory that goes on from phase to phase', async () => {
  const phases = await toySubject(2);
  const counting = plugin('counting', ({ lasting, cell }) => {
    const [whole, here] = [lasting.cell(0), cell(0)];
    const latents = lasting.slot();
    return {
      advance: async (call, next) => {
        await call.decide('steps', () => [++whole.value, ++here.value]);
        const held = latents.get();
        const out = await next(call);
        latents.set(held ?? out);
        return held ? ({ ...out, audio: held.audio ?? out.audio } as typeof out) : out;
      },
    };
  });
  const steps = (result: { ledger: Ledger }) => result.ledger.decisions.map((row) => row.value);

  it('lasts while the sampler goes on, where the memory of a phase ends', async () => {
    const result = await runOn(phases, { steps: 4, plugins: [counting] });
    expect(steps(result)).toEqual([
      [1, 1],
      [2, 2],
      [3, 1],
      [4, 2],
    ]);
    expect(result.leaked).toBe(0);
  });

  it('begins anew where the sampler does', async () => {
    const result = await runOn(phases, { steps: 4, plugins: [counting], crossing: 'restart' });
    expect(steps(result)).toEqual([
      [1, 1],
      [2, 2],
      [1, 1],
      [2, 2],
    ]);
    expect(result.leaked).toBe(0);
  });

  it.each([1, 2, 3])('is saved and resumed, after %i steps of four', async (after) => {
    const whole = await runOn(phases, { steps: 4, plugins: [counting] });
    let saved: SavedRun | undefined;
    const afterStep = async (step: number, save: () => Promise<SavedRun>) => {
      if (step === after - 1) saved = await save();
    };
    await runOn(phases, { steps: 4, plugins: [counting] }, { afterStep });
    if (!saved) throw new Error('nothing was saved');
    const resumed = await runOn(phases, { steps: 4, plugins: [counting] }, { resume: saved });
    expect(steps(resumed)).toEqual(steps(whole));
    expect(sameBytes(resumed.latents, whole.latents)).toBe(true);
  });
});
