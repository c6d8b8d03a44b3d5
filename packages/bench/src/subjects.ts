import {
  type DenoiseRequest,
  type GenerateOptions,
  type Grid,
  type HostTensor,
  only,
  type VideoModel,
} from '@skipstone/core';
import { planOn, type Subject, type SubjectRun } from '@skipstone/core/testing';
import { demoModel } from '@skipstone/demo-model';
import { openWan } from '@skipstone/models-wan';
import { THREADS } from './machine.js';
import { normalArray } from './published/normals.js';
import { WAN_1_3B_WIDTH, writeMadeUpWan } from './published/wan-1-3b.js';
import type { Bench } from './row.js';
import { type SteppedRun, steppedRun } from './stepped-run.js';

/** Tokens of text: what Wan's and Cosmos' pipelines pad to. */
const TEXT_ROWS = 512;

/** The demo model at its own size, with a prompt of its own. */
export async function demoSubject(): Promise<Subject> {
  const model = await demoModel();
  const grid = model.grid(model.defaults);
  const cond = await model.text.encode(model.text.examples[0] ?? '');
  const uncond = await model.text.encodeEmpty();
  return {
    name: 'demo',
    models: model.phases.map((phase) => phase.model),
    grid,
    lengths: { S: cond.text?.shape[0] ?? 0 },
    conditions: { cond, uncond },
    latents: streams(model.latentShape(grid)),
  };
}

/**
 * `wan-1.3b-width`: width 1536, 12 heads, feed-forward 8960, 4 blocks, 512 text tokens, 1,024 video tokens unless
 * told otherwise, in whole frames of 256; float32, random weights, written into the row's folder; one branch.
 */
export async function wanWidthSubject(bench: Bench, tokens?: number): Promise<Subject> {
  const config = bench.quick ? { ...WAN_1_3B_WIDTH, num_layers: 2 } : WAN_1_3B_WIDTH;
  bench.say(`writing random weights of wan-1.3b-width, ${config.num_layers} blocks`);
  await writeMadeUpWan(bench.folder, { config, dtype: 'F32' });
  const frames = (tokens ?? (bench.quick ? 256 : 1024)) / 256;
  return wanSubject(bench.folder, { frames, height: 32, width: 32 });
}

/** One branch of the checkpoint in a folder that `wanWidthSubject` wrote. */
export async function wanSubject(folder: string, grid: Grid, textRows = TEXT_ROWS): Promise<Subject> {
  const model = await openWan(folder, { name: 'wan-1.3b-width' });
  return {
    name: model.name,
    models: model.phases.map((phase) => phase.model),
    grid,
    lengths: { S: textRows },
    guidance: only(),
    conditions: { cond: { text: normal([textRows, WAN_1_3B_WIDTH.text_dim], 2) } },
    latents: streams(model.latentShape(grid)),
  };
}

/** A tensor of standard normal values. */
export function normal(shape: readonly number[], seed: number): HostTensor {
  const count = shape.reduce((a, b) => a * b, 1);
  return { type: 'float32', shape, data: normalArray(count, seed) };
}

function streams(shapes: Readonly<Record<string, readonly number[]>>): Readonly<Record<string, HostTensor>> {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape], index) => [name, normal(shape, 100 + index)]),
  );
}

/** What `denoise` takes to run a subject. */
export function runRequest(subject: Subject, run: SubjectRun): DenoiseRequest {
  const { grid, conditions } = subject;
  const latents = modelOf(subject).spec.patchify(subject.latents, grid);
  return { plan: planOn(subject, run), latents, conditions, threads: THREADS };
}

/** The same, step by step. */
export const stepsOf = (subject: Subject, run: SubjectRun): SteppedRun =>
  steppedRun(runRequest(subject, run));

/** The first model of a subject. */
export function modelOf({ name, models: [model] }: Subject): Subject['models'][number] {
  if (model) return model;
  throw new TypeError(`${name} has no model`);
}

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
export function madeUpRun(model: VideoModel, { side, guided, ...run }: MadeUpRun): GenerateOptions {
  // The scale at which one branch is left.
  const alone = model.defaults.guidanceForm === 'cond' ? 0 : 1;
  return {
    embeds: { cond: madeUpText(model, 2), ...(guided ? { uncond: madeUpText(model, 1000) } : {}) },
    ...{ width: side, height: side, seed: 1, threads: THREADS, ...run },
    ...(guided ? {} : { guidance: alone }),
  };
}

function madeUpText({ phases }: VideoModel, seed: number): Readonly<Record<string, HostTensor>> {
  const conditions = Object.entries(phases[0]?.model.spec.conditions ?? {});
  const rows = (axis: number | string): number => (typeof axis === 'number' ? axis : TEXT_ROWS);
  return Object.fromEntries(
    conditions.map(([name, { shape }], i) => [name, normal(shape.map(rows), i + seed)]),
  );
}
