import { describe, expect, it } from 'vitest';
import { only } from '../../guidance/only.js';
import { euler } from '../../sampler/euler.js';
import { scheduleNamed } from '../../schedule/schedules.js';
import type { HostTensor, Streams } from '../../spec/tensor.js';
import { modelLaws } from '../model-laws.js';
import { errorOf, planOn, runOn, type Subject } from '../subject.js';
import { toyReference } from './reference.js';
import { toyGuidance, toySubject } from './subject.js';
import { toyWeights } from './weights.js';

const matrix = (host: HostTensor | undefined): number[][] =>
  Array.from({ length: host?.shape[0] ?? 0 }, (_, n) => [0, 1].map((d) => Number(host?.data[n * 2 + d])));

const streams = (
  video: readonly (readonly number[])[],
  audio: readonly (readonly number[])[],
): Streams<HostTensor> =>
  Object.fromEntries(
    Object.entries({ video, audio }).map(([name, rows]) => {
      const data = Float32Array.from(rows.flat());
      return [name, { type: 'float32' as const, shape: [rows.length, 2], data }];
    }),
  );

/** Euler over all steps and branches in float64, by the toy's reference. */
function byHand(subject: Subject, steps: number): Streams<HostTensor> {
  const { sigmas, timesteps } = scheduleNamed('euler-flow', { steps, shift: 3 });
  let [video, audio] = [matrix(subject.latents.video), matrix(subject.latents.audio)];
  for (let i = 0; i < steps; i++) {
    const weights = toyWeights(i < Math.round(steps / subject.models.length) ? 1 : 2);
    const pass = (text: string, variant: 'plain' | 'isolated' | 'skip-attention') =>
      toyReference({
        weights,
        latents: { video, audio },
        text: matrix(subject.conditions[text]?.text),
        timestep: timesteps[i] ?? 0,
        variant,
        ...(variant === 'skip-attention' ? { from: 1 } : {}),
      });
    const terms = [
      [2, pass('cond', 'plain')],
      [-0.5, pass('uncond', 'plain')],
      [-0.25, pass('cond', 'skip-attention')],
      [-0.25, pass('cond', 'isolated')],
    ] as const;
    const move = (x: number[][], of: 'video' | 'audio'): number[][] =>
      x.map((row, n) =>
        row.map((value, d) => {
          const v = terms.reduce((sum, [scale, out]) => sum + scale * (out[of][n]?.[d] ?? 0), 0);
          return value + ((sigmas[i + 1] ?? 0) - (sigmas[i] ?? 0)) * v;
        }),
      );
    [video, audio] = [move(video, 'video'), move(audio, 'audio')];
  }
  return streams(video, audio);
}

describe('the toy model', async () => {
  const subject = await toySubject();

  it('computes one pass as it is done by hand', async () => {
    const one = await toySubject(1);
    const { latents } = await runOn(one, { steps: 1, guidance: only() });
    const { video, audio } = toyReference({
      weights: toyWeights(1),
      latents: { video: matrix(one.latents.video), audio: matrix(one.latents.audio) },
      text: matrix(one.conditions.cond?.text),
      timestep: 1000,
    });
    const minus = (x: HostTensor | undefined, v: readonly (readonly number[])[]) =>
      matrix(x).map((row, n) => row.map((value, d) => value - (v[n]?.[d] ?? 0)));
    const want = streams(minus(one.latents.video, video), minus(one.latents.audio, audio));
    expect(errorOf(latents, want)).toBeLessThan(1e-6);
  });

  it('runs four branches, a fork and two phases as they are done by hand', async () => {
    const { latents, leaked } = await runOn(subject, { steps: 4 });
    expect(errorOf(latents, byHand(subject, 4))).toBeLessThan(1e-5);
    expect(leaked).toBe(0);
  });

  it('computes nothing twice: the forked branch starts where it leaves the leader', async () => {
    const { ledger } = await runOn(subject, { steps: 2 });
    const first = Object.fromEntries(
      ledger.passes.filter((pass) => pass.step === 0).map((pass) => [pass.branch, pass.spans]),
    );
    // The isolated variant differs in its blocks: what a run and a step compute once is the leader's.
    expect(first).toEqual({
      cond: ['plain/step.0', 'plain/step.1', 'plain/run.0', 'plain/blocks.0', 'plain/end'],
      uncond: ['plain/run.0', 'plain/blocks.0', 'plain/end'],
      perturbed: ['skip-attention/end'],
      isolated: ['isolated/blocks.0', 'isolated/end'],
    });
  });

  it('euler gives the same whether its history crosses a phase or not', async () => {
    const [keep, restart] = [
      await runOn(subject, { steps: 4, sampler: euler(), crossing: 'keep' }),
      await runOn(subject, { steps: 4, sampler: euler(), crossing: 'restart' }),
    ];
    expect(errorOf(keep.latents, restart.latents)).toBe(0);
  });

  it('refuses a phase of other tokens', () => {
    const [model] = subject.models;
    if (!model) throw new TypeError('the toy has a model');
    const other = { ...model, spec: { ...model.spec, rows: () => ({ video: 5, audio: 3 }) } };
    const plan = () => planOn({ ...subject, models: [model, other] }, { steps: 4 });
    expect(plan).toThrow('phase 1 has other tokens than the phase before');
  });

  it.each(modelLaws({ ...subject, guidance: toyGuidance() }))('$name', (law) => law.check());
});
