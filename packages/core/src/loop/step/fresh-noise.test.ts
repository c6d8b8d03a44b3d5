import { describe, expect, it } from 'vitest';
import { stepNoise } from '../../noise/step-noise.js';
import { euler } from '../../sampler/euler.js';
import { ancestralWeights, eulerAncestral } from '../../sampler/euler-ancestral.js';
import { karras } from '../../schedule/karras.js';
import { CONTRACT, type Plugin } from '../../spec/plugin.js';
import { groupedReuse } from '../../testing/plugins/grouped-reuse.js';
import { planOn, runOn, sameBytes } from '../../testing/subject.js';
import { toySubject } from '../../testing/toy/subject.js';
import type { SavedRun } from '../saved/saved-run.js';

const STEPS = 5;
const toy = await toySubject(1);
const run = (seed: number, more: Parameters<typeof runOn>[2] = {}, plugins: readonly Plugin[] = []) =>
  runOn(toy, { steps: STEPS, sampler: eulerAncestral({ seed }), plugins }, more);

describe('a sampler with fresh noise', () => {
  it('gives the same bytes for the same seed, others for another, and not those of Euler', async () => {
    const [a, b, other] = [await run(3), await run(3), await run(4)];
    expect(sameBytes(a.latents, b.latents)).toBe(true);
    expect(sameBytes(a.latents, other.latents)).toBe(false);
    const plain = await runOn(toy, { steps: STEPS, sampler: euler() });
    expect(sameBytes(a.latents, plain.latents)).toBe(false);
    expect(a.leaked).toBe(0);
  });

  it('saved at any step and gone on with gives the same bytes', async () => {
    const saved: SavedRun[] = [];
    const whole = await run(3, {
      afterStep: async (step, save) => {
        if (step < STEPS - 1) saved.push(await save());
      },
    });
    expect(saved).toHaveLength(STEPS - 1);
    for (const resume of saved)
      expect(sameBytes((await run(3, { resume })).latents, whole.latents)).toBe(true);
  });

  it('is the published step of the velocities, row by row, in float64', async () => {
    const seen: Record<string, Float32Array>[] = [];
    const watching: Plugin = {
      name: 'watching',
      contract: CONTRACT,
      setup: ({ readBack }) => ({
        evaluate: async (call, next) => {
          const v = await next(call);
          const entries = Object.entries(v).map(async ([s, tensor]) => [s, await readBack(tensor)] as const);
          seen.push(Object.fromEntries(await Promise.all(entries)));
          return v;
        },
      }),
    };
    const { latents } = await run(3, {}, [watching]);
    const { sigmas } = planOn(toy, { steps: STEPS, sampler: euler() }).request.schedule;
    const start = toy.models[0]?.spec.patchify(toy.latents, toy.grid) ?? {};
    const shapes = Object.fromEntries(Object.entries(start).map(([s, { shape }]) => [s, shape]));
    for (const [stream, { data }] of Object.entries(latents)) {
      let x = Float64Array.from(start[stream]?.data as Float32Array);
      seen.forEach((v, step) => {
        const [from = 0, to = 0] = sigmas.slice(step, step + 2);
        const weights = ancestralWeights(from, to, 1);
        const noise = stepNoise(3, step, shapes)[stream]?.data as Float32Array;
        x = x.map(
          (value, i) =>
            weights.x * value + weights.v * (v[stream]?.[i] ?? 0) + weights.noise * (noise[i] ?? 0),
        );
      });
      expect(seen).toHaveLength(STEPS);
      x.forEach((value, i) => {
        expect(data[i]).toBeCloseTo(value, 5);
      });
    }
  });

  it('is refused beside a plugin that lets rows idle', () => {
    const groups = { video: Int32Array.of(0, 1, 0, 1, 0, 1) };
    const grouped = groupedReuse({
      ...{ tap: 'blocks.0.attn_out', groups, strides: [1, 2], early: 1, late: 1, reuse: [] },
    });
    const sampler = eulerAncestral({ seed: 3 });
    expect(() => planOn(toy, { sampler, plugins: [grouped] })).toThrow(
      /grouped-reuse: rows that idle[\s\S]*euler-ancestral/,
    );
    expect(() => planOn(toy, { sampler: euler(), plugins: [grouped] })).not.toThrow();
  });

  it('is refused where noise levels are not those of flow matching', () => {
    const sampler = eulerAncestral({ seed: 3 });
    const schedule = karras({ steps: 6, shift: 1 });
    expect(() => planOn(toy, { sampler, schedule })).toThrow(/euler-ancestral[\s\S]*karras/);
    const wrong = { name: 'edm', sigmas: [80, 40, 0], timesteps: [1, 1] };
    expect(() => planOn(toy, { sampler, schedule: wrong, steps: 2 })).toThrow(/euler-ancestral[\s\S]*edm/);
  });
});
