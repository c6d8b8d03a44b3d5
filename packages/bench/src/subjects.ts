import type { HostTensor } from '@skipstone/core';
import type { Subject } from '@skipstone/core/testing';
import { demoModel } from '@skipstone/demo-model';
import { openWan } from '@skipstone/models-wan';
import { normalArray } from './published/normals.js';
import { WAN_1_3B_WIDTH, writeMadeUpWan } from './published/wan-1-3b.js';
import type { Bench } from './row.js';

/** Text tokens of Wan. */
const TEXT_ROWS = 512;

/** The demo model at its own size, with a prompt of its own. */
export async function demoSubject(): Promise<Subject> {
  const model = await demoModel();
  const grid = model.grid(model.defaults);
  const prompt = model.text?.examples[0] ?? '';
  const cond = await model.text?.encode(prompt);
  const uncond = await model.text?.encodeEmpty();
  if (!cond || !uncond) throw new TypeError('the demo model has a text encoder');
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
 * told otherwise, in whole frames of 256; float32, random weights, written into the row's folder.
 */
export async function wanWidthSubject(bench: Bench, tokens?: number): Promise<Subject> {
  const config = bench.quick ? { ...WAN_1_3B_WIDTH, num_layers: 2 } : WAN_1_3B_WIDTH;
  bench.say(`writing random weights of wan-1.3b-width, ${config.num_layers} blocks`);
  await writeMadeUpWan(bench.folder, { config, dtype: 'F32' });
  const model = await openWan(bench.folder, { name: 'wan-1.3b-width' });
  const frames = (tokens ?? (bench.quick ? 256 : 1024)) / 256;
  const grid = { frames, height: 32, width: 32 };
  return {
    name: model.name,
    models: model.phases.map((phase) => phase.model),
    grid,
    lengths: { S: TEXT_ROWS },
    conditions: { cond: { text: normal([TEXT_ROWS, config.text_dim], 2) } },
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
