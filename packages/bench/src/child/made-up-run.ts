import type { GenerateOptions, HostTensor, VideoModel } from '@skipstone/core';
import { THREADS } from '../machine.js';
import { normal } from '../subjects.js';

/** Tokens of text: what Wan's and Cosmos' pipelines pad to. */
const TEXT_ROWS = 512;

export interface MadeUpRun {
  /** Pixels of the square picture; a token is 16×16. */
  readonly side: number;
  readonly frames: number;
  readonly steps: number;
  /** Whether the second branch runs too, at the model's own scale. */
  readonly guided: boolean;
  readonly weights: 'mapped' | 'packed';
}

/** What `generate` is asked for: made-up text, seeded noise. */
export function madeUpRun(model: VideoModel, run: MadeUpRun): GenerateOptions {
  const { side, frames, steps, guided, weights } = run;
  return {
    embeds: { cond: madeUpText(model, 2), ...(guided ? { uncond: madeUpText(model, 1000) } : {}) },
    ...{ width: side, height: side, frames, steps, seed: 1, weights, threads: THREADS },
    ...(guided ? {} : { guidance: noGuidance(model) }),
  };
}

function madeUpText({ phases }: VideoModel, seed: number): Readonly<Record<string, HostTensor>> {
  const conditions = Object.entries(phases[0]?.model.spec.conditions ?? {});
  return Object.fromEntries(
    conditions.map(([name, { shape }], i) => [
      name,
      normal(
        shape.map((axis) => (typeof axis === 'number' ? axis : TEXT_ROWS)),
        i + seed,
      ),
    ]),
  );
}

/** The scale at which one branch is left. */
const noGuidance = ({ defaults }: VideoModel): number => (defaults.guidanceForm === 'cond' ? 0 : 1);
