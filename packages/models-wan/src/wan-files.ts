import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { checkedJson, readJson, SkipstoneError } from '@skipstone/core';
import { z } from 'zod';

/** Paths of one transformer. */
export interface TransformerFiles {
  /** What `openCheckpoint` takes: a folder, a file or an index. */
  readonly weights: string;
  /** Where it lies: `config.json`, or the weights where there is none. */
  readonly config?: string;
}

/** Paths of the parts of one model, and what its pipeline says of it. */
export interface WanFiles {
  /** One transformer, or that for high noise and that for low noise. */
  readonly experts: readonly TransformerFiles[];
  /** The folder that a person would name. */
  readonly origin: string;
  /** Of a pipeline in diffusers' layout. */
  readonly scheduler?: string;
  /** The first expert computes while the timestep is at least 1000 times this. */
  readonly boundary?: number;
  /** True where each token has its own timestep. */
  readonly firstFrame?: boolean;
}

/** Folders of the experts for high and for low noise: diffusers' layout, the original's. */
const PAIRS = [
  ['transformer', 'transformer_2'],
  ['high_noise_model', 'low_noise_model'],
] as const;

const INDEX = 'model_index.json';
const SCHEDULER = join('scheduler', 'scheduler_config.json');

/** Finds the parts of a model from the path of any of them. Refuses pipelines of another kind. */
export async function findWan(named: string, config?: string): Promise<WanFiles> {
  // Absolute, because the name of a folder counts: `.` may be one of two experts.
  const path = resolve(named);
  const kind = await kindOf(path);
  if (kind === 'missing') throw missing(path);
  if (kind === 'file') return (await twinsAt(path, config)) ?? transformerAt(path, dirname(path), config);
  const names = await readdir(path);
  const isPipeline = names.includes(INDEX) || PAIRS.flat().some((name) => names.includes(name));
  return isPipeline ? pipelineAt(path, config) : transformerAt(path, path, config);
}

/** A transformer that was named itself, and what lies around it. */
async function transformerAt(weights: string, folder: string, config: string | undefined): Promise<WanFiles> {
  const one = { weights, ...(await configIn(folder, config)) };
  const pair = PAIRS.find((names) => names.some((name) => name === basename(folder)));
  if (!pair) return { experts: [one], origin: folder };
  const around = dirname(folder);
  const { names, ...said } = await expertsAt(around, pair);
  if (names.length > 1) throw oneOfTwo(folder, around);
  return { experts: [one], origin: folder, ...said };
}

const EXPERT = /(?<![a-z])(high|low)(?=([_-]?noise)?(?![a-z]))/i;

/** True for a file whose name is that of one of two experts. */
export const isNamedExpert = (path: string): boolean =>
  path.endsWith('.safetensors') && EXPERT.test(basename(path));

/** Two files of one folder whose names differ in `high` and `low` alone, as experts are published for ComfyUI. */
async function twinsAt(path: string, config: string | undefined): Promise<WanFiles | undefined> {
  const folder = dirname(path);
  const [, which] = EXPERT.exec(basename(path)) ?? [];
  if (which === undefined) return undefined;
  const plain = (name: string): string => name.replace(EXPERT, '*').replace(/[_-]/g, '_').toLowerCase();
  const alike = (await readdir(folder)).filter((name) => plain(name) === plain(basename(path)));
  const of = (noise: string) => alike.filter((name) => EXPERT.exec(name)?.[1]?.toLowerCase() === noise);
  const [highs, lows] = [of('high'), of('low')];
  const [high, low] = [highs[0], lows[0]];
  if (high === undefined || low === undefined || highs.length + lows.length > 2) return undefined;
  const beside = await configIn(folder, config);
  return { experts: [high, low].map((name) => ({ weights: join(folder, name), ...beside })), origin: folder };
}

async function configIn(folder: string, given: string | undefined): Promise<{ readonly config?: string }> {
  const config = given ?? join(folder, 'config.json');
  return given !== undefined || (await kindOf(config)) === 'file' ? { config } : {};
}

/** A folder with transformers in it: diffusers' pipeline, or the original release of two experts. */
async function pipelineAt(path: string, config: string | undefined): Promise<WanFiles> {
  const inside = await readdir(path);
  const pair = PAIRS.find((names) => names.some((name) => inside.includes(name))) ?? PAIRS[0];
  const { names, ...said } = await expertsAt(path, pair);
  const gone = names.length > 1 ? names.find((name) => !inside.includes(name)) : undefined;
  if (gone !== undefined) throw goneExpert(path, gone, pair);
  const experts = await Promise.all(
    names.map(async (name) => ({ weights: join(path, name), ...(await configIn(join(path, name), config)) })),
  );
  const [sole = ''] = names;
  return { experts, origin: names.length > 1 ? path : join(path, sole), ...said };
}

/** Which of the two folders count, and what the index beside them says. */
async function expertsAt(around: string, pair: (typeof PAIRS)[number]) {
  const [first, second] = pair;
  const index = await indexOf(join(around, INDEX));
  const there = await Promise.all(pair.map(async (name) => (await kindOf(join(around, name))) === 'folder'));
  // The original release has no model of which only one half is needed.
  const both = index ? index.twoExperts : there.every(Boolean) || pair !== PAIRS[0];
  const scheduler = join(around, SCHEDULER);
  return {
    names: both ? [first, second] : [first],
    ...((await kindOf(scheduler)) === 'file' ? { scheduler } : {}),
    ...(index?.boundary === undefined ? {} : { boundary: index.boundary }),
    ...(index?.firstFrame === undefined ? {} : { firstFrame: index.firstFrame }),
  };
}

/** A part is `[library, class]`, or `[null, null]` where a pipeline can do without it. */
const part = z.tuple([z.string().nullable(), z.string().nullable()]);
const schema = z.object({
  _class_name: z.enum(['WanPipeline', 'WanImageToVideoPipeline']),
  transformer: part,
  transformer_2: part.optional(),
  boundary_ratio: z.number().min(0).max(1).nullish(),
  expand_timesteps: z.boolean().optional(),
});

async function indexOf(path: string) {
  if ((await kindOf(path)) !== 'file') return undefined;
  const need = 'WanPipeline or WanImageToVideoPipeline, its second transformer with a boundary_ratio';
  const what = `${path}: this pipeline is not supported`;
  const lines = { code: 'wan-pipeline', what, need, do: 'name the folder of a Wan2.1 or Wan2.2 model' };
  const index = checkedJson(schema, await readJson(path), lines);
  // A boundary says nothing without a second transformer: conversions write it for models of one, too.
  const twoExperts = Boolean(index.transformer_2?.[1]);
  const boundary = index.boundary_ratio ?? undefined;
  if (twoExperts && boundary === undefined) {
    throw new SkipstoneError({ ...lines, have: 'transformer_2 without a boundary_ratio' });
  }
  return { twoExperts, boundary: twoExperts ? boundary : undefined, firstFrame: index.expand_timesteps };
}

/** What lies at a path. */
export async function kindOf(path: string): Promise<'file' | 'folder' | 'missing'> {
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

function goneExpert(path: string, gone: string, pair: (typeof PAIRS)[number]): SkipstoneError {
  const noise = gone === pair[0] ? 'high' : 'low';
  return new SkipstoneError({
    code: 'wan-two-experts',
    what: `${path}: one of its two experts is missing`,
    have: `no folder ${gone}, which computes the steps of ${noise} noise`,
    need: pair.join(' and '),
    do: 'complete the download',
  });
}

function oneOfTwo(path: string, around: string): SkipstoneError {
  return new SkipstoneError({
    code: 'wan-two-experts',
    what: `${path}: this is one of two experts`,
    have: 'a transformer that computes the steps of high noise, or those of low noise',
    need: 'both (Wan2.2 A14B)',
    do: `name the folder around them: ${around}`,
  });
}
