import { fileURLToPath } from 'node:url';
import { type HostTensor, openCheckpoint, openModel, readJson } from '@skipstone/core';
import type { Subject } from '@skipstone/core/testing';
import { recorded } from '@skipstone/golden';
import { ltxConfig } from '../config.js';
import { type LtxGuidanceOptions, ltxGuidance } from '../guidance.js';
import { type LtxOptions, ltxTransformer, unreadWeights } from '../transformer.js';

export const GRID = { frames: 2, height: 3, width: 4 };
export const TINY: LtxOptions = { audioTokens: 9, perturbedBlocks: [1] };

export const goldenFolder = (name: string): string =>
  fileURLToPath(new URL(`../../test-data/${name}/`, import.meta.url));

/** A golden folder's model, latents and text, with four branches; clean first frames where they may be given. */
export async function goldenSubject(
  name: string,
  options: LtxOptions = {},
  guidance: Partial<LtxGuidanceOptions> = {},
): Promise<Subject> {
  const folder = goldenFolder(name);
  const io = await openCheckpoint(`${folder}io.safetensors`);
  const read = (tensor: string): Promise<HostTensor> => recorded(folder, tensor);
  const run = io.tensors.has('in.latents.video');
  const config = ltxConfig(await readJson(`${folder}config.json`), name);
  const all = { ...TINY, ...options };
  const spec = ltxTransformer(config, name, all);
  const model = openModel(spec, await openCheckpoint(`${folder}model.safetensors`), {
    ignore: unreadWeights(all),
  });
  const rows = {
    video: await read(run ? 'in.latents.video' : 'in.hidden_states'),
    audio: await read(run ? 'in.latents.audio' : 'in.audio_hidden_states'),
  };
  const text = await read('in.encoder_hidden_states');
  const audioText = await read('in.audio_encoder_hidden_states');
  const none = ({ shape, type }: HostTensor): HostTensor => ({
    ...{ shape, type },
    data: new Float32Array(shape.reduce((a, b) => a * b, 1)),
  });
  const area = GRID.height * GRID.width;
  const clean = { ...rows.video, shape: [area, config.video.channels] };
  const first = {
    rows: Int32Array.from({ length: area }, (_, i) => i),
    clean: { ...clean, data: (rows.video.data as Float32Array).slice(0, area * config.video.channels) },
  };
  return {
    name: `${name}${options.firstFrame ? ' from a first frame' : ''}`,
    models: [model],
    grid: GRID,
    lengths: { S: 7 },
    conditions: {
      cond: { text, audio_text: audioText },
      uncond: { text: none(text), audio_text: none(audioText) },
    },
    latents: spec.unpatchify(rows, GRID),
    guidance: ltxGuidance({ firstPerturbed: 1, ...guidance }),
    ...(options.firstFrame ? { given: { pinned: { video: first } } } : {}),
  };
}
