import { copyFile, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach } from 'vitest';

export const RUN = fileURLToPath(new URL('../../test-data/run-wan21-unipc', import.meta.url));
export const TINY: Readonly<Record<string, unknown>> = JSON.parse(
  await readFile(join(RUN, 'config.json'), 'utf8'),
);
/** The tiny model in the original release's fields; `text_dim` is written out since it is not 4096. */
export const ORIGINAL = {
  _class_name: 'WanModel',
  _diffusers_version: '0.30.0',
  model_type: 't2v',
  dim: 32,
  num_heads: 2,
  num_layers: 3,
  in_dim: 4,
  out_dim: 4,
  ffn_dim: 56,
  freq_dim: 32,
  text_dim: 12,
  text_len: 512,
  eps: 1e-6,
};
export const PIPELINE = {
  _class_name: 'WanPipeline',
  _diffusers_version: '0.40.0',
  boundary_ratio: 0.875,
  scheduler: ['diffusers', 'UniPCMultistepScheduler'],
  transformer: ['diffusers', 'WanTransformer3DModel'],
  transformer_2: [null, null],
};
export const SCHEDULER = {
  _class_name: 'UniPCMultistepScheduler',
  prediction_type: 'flow_prediction',
  flow_shift: 3,
};

/** A folder of each test's own, empty at its beginning. */
export let folder = '';

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'skipstone-wan-')));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

export const at = (path: string): string => join(folder, path);

export async function put(path: string, content: unknown): Promise<string> {
  await mkdir(dirname(at(path)), { recursive: true });
  await writeFile(at(path), typeof content === 'string' ? content : JSON.stringify(content));
  return at(path);
}

export async function putWeights(path: string): Promise<string> {
  await mkdir(dirname(at(path)), { recursive: true });
  await copyFile(join(RUN, 'model.safetensors'), at(path));
  return at(path);
}

/** A pipeline folder in diffusers' layout. */
export async function putPipeline(index: unknown = PIPELINE, scheduler: unknown = SCHEDULER): Promise<void> {
  await put('model_index.json', index);
  await put('scheduler/scheduler_config.json', scheduler);
  await put('transformer/config.json', TINY);
  await putWeights('transformer/diffusion_pytorch_model.safetensors');
}
