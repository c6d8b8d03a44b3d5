import { fileURLToPath } from 'node:url';
import { firstFrames, type HostTensor, openCheckpoint, unipc } from '@skipstone/core';
import { groupedReuse, middleSkip, modelLaws, pluginLaws, type Subject } from '@skipstone/core/testing';
import { recorded } from '@skipstone/golden';
import { describe, it } from 'vitest';
import { openCosmos } from './open-cosmos.js';

/** A golden folder's weights, latents and text; video to world goes on from its clean frame. */
async function subject(name: string): Promise<Subject> {
  const folder = fileURLToPath(new URL(`../test-data/${name}/`, import.meta.url));
  const io = await openCheckpoint(`${folder}io.safetensors`);
  const read = (tensor: string): Promise<HostTensor> => recorded(folder, tensor);
  const run = io.tensors.has('in.noise');
  const model = await openCosmos(`${folder}model.safetensors`, { name });
  const latents = await read(run ? 'in.noise' : 'in.hidden_states');
  const text = await read(run ? 'in.prompt_embeds' : 'in.encoder_hidden_states');
  const negative = run
    ? await read('in.negative_prompt_embeds')
    : { ...text, data: new Float32Array(text.data.length) };
  return {
    name,
    models: model.phases.map((phase) => phase.model),
    grid: { frames: 3, height: 8, width: 6 },
    lengths: { S: 7 },
    conditions: { cond: { text }, uncond: { text: negative } },
    latents: { video: latents },
    ...(run ? { given: firstFrames(model, { video: firstOf(await read('in.conditioning_latents')) }) } : {}),
  };
}

/** The first of three frames. */
function firstOf({ type, shape, data }: HostTensor): HostTensor {
  const [channels = 0, frames = 0, ...area] = shape;
  const size = area.reduce((a, b) => a * b, 1);
  const kept = (data as Float32Array).filter((_, i) => Math.floor(i / size) % frames === 0);
  return { type, shape: [channels, 1, ...area], data: kept };
}

const reuse = Array.from({ length: 12 }, (_, i) => i % 2 === 1);
const skips = Array.from({ length: 12 }, (_, i) => i > 2 && i % 3 !== 0);
const groups = { video: Int32Array.from({ length: 36 }, (_, i) => i % 3) };
const grouped = { tap: 'blocks.0.cross_attn_out', groups, early: 4, late: 1 };
const between = { from: 'blocks.0', to: 'blocks.1' };

describe.each(['run-cosmos2-v2w', 'cosmos2-t2i', 'cosmos2-learnable-pos'])(
  '%s obeys the laws',
  async (name) => {
    const own = await subject(name);
    it.each(modelLaws(own))('$name', (law) => law.check());
  },
);

describe('plugins obey theirs on frames that are pinned', async () => {
  const own = await subject('run-cosmos2-v2w');
  it.each([
    ...pluginLaws(own, {
      name: 'grouped-reuse',
      on: () => groupedReuse({ ...grouped, reuse, strides: [1, 2, 4] }),
      off: () => groupedReuse({ ...grouped, reuse: [], strides: [1, 1, 1] }),
      warmup: 1,
      hit: (d) => d.key === 'reuse' && d.value === true,
    }),
    ...pluginLaws(own, {
      name: 'middle-skip',
      on: () => middleSkip({ ...between, skips, decided: 'before' }),
      off: () => middleSkip({ ...between, skips: [], decided: 'before' }),
      warmup: 3,
      hit: (d) => d.key === 'skip' && d.value === true,
      sampler: unipc,
    }),
  ])('$name', (law) => law.check());
});
