import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { SkipstoneError } from '@skipstone/core';
import { z } from 'zod';
import { checked } from './checked.js';
import { readJson } from './read-json.js';

/** Paths of the parts of one model. */
export interface WanFiles {
  /** What `openCheckpoint` takes: a folder, a file or an index. */
  readonly weights: string;
  readonly config: string;
  /** Of a pipeline in diffusers' layout. */
  readonly scheduler?: string;
}

/** Names a folder has when it is one of two experts, and its other half. diffusers' layout, the original's. */
const OTHER_EXPERT: Readonly<Record<string, string>> = {
  transformer: 'transformer_2',
  transformer_2: 'transformer',
  high_noise_model: 'low_noise_model',
  low_noise_model: 'high_noise_model',
};

const INDEX = 'model_index.json';
const SCHEDULER = join('scheduler', 'scheduler_config.json');

/** Finds the parts of a model from the path of any of them. Refuses pipelines that are not text to video. */
export async function findWan(named: string, config?: string): Promise<WanFiles> {
  // Absolute, because the name of a folder counts: `.` may be one of two experts.
  const path = resolve(named);
  const kind = await kindOf(path);
  if (kind === 'missing') throw missing(path);
  if (kind === 'file') return partsOf(path, dirname(path), config);
  const names = await readdir(path);
  if (names.includes('high_noise_model') || names.includes('low_noise_model')) throw twoExperts(path);
  if (!names.includes(INDEX) && !names.includes('transformer')) return partsOf(path, path, config);
  const folder = join(path, 'transformer');
  return partsOf(folder, folder, config);
}

/** The parts around a transformer in `folder`. */
async function partsOf(weights: string, folder: string, config: string | undefined): Promise<WanFiles> {
  const around = dirname(folder);
  const files = { weights, config: config ?? join(folder, 'config.json') };
  const other = OTHER_EXPERT[basename(folder)];
  if (other === undefined) return files;
  const index = join(around, INDEX);
  if ((await kindOf(index)) === 'file') assertPipeline(await readJson(index), index);
  else if ((await kindOf(join(around, other))) === 'folder') throw twoExperts(around);
  const scheduler = join(around, SCHEDULER);
  return (await kindOf(scheduler)) === 'file' ? { ...files, scheduler } : files;
}

/** A part is `[library, class]`, or `[null, null]` where a pipeline can do without it. */
const part = z.tuple([z.string().nullable(), z.string().nullable()]);
const schema = z.object({ _class_name: z.string(), transformer: part, transformer_2: part.optional() });

function assertPipeline(json: unknown, path: string): void {
  const need = 'WanPipeline (text to video) with one transformer';
  const what = `${path}: this pipeline is not supported`;
  const lines = { code: 'wan-pipeline', what, need, do: 'name the folder of a Wan2.1 text-to-video model' };
  const index = checked(schema, json, lines);
  if (index._class_name !== 'WanPipeline') {
    throw new SkipstoneError({ ...lines, have: `_class_name ${index._class_name}` });
  }
  if (index.transformer_2?.[1]) throw twoExperts(dirname(path));
}

async function kindOf(path: string): Promise<'file' | 'folder' | 'missing'> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return 'missing';
  return found.isDirectory() ? 'folder' : 'file';
}

function missing(path: string): SkipstoneError {
  return new SkipstoneError({
    code: 'wan-files',
    what: `there is nothing at ${path}`,
    have: 'no file or folder',
    need: 'the folder of a Wan model in diffusers or original layout, or its .safetensors file',
    do: 'check the path',
  });
}

function twoExperts(path: string): SkipstoneError {
  return new SkipstoneError({
    code: 'wan-two-experts',
    what: `${path}: models of two experts are not supported yet`,
    have: 'one transformer for high noise and one for low noise (Wan2.2 A14B)',
    need: 'a model with one transformer',
    do: 'use Wan2.1 text-to-video, 1.3B or 14B',
  });
}
