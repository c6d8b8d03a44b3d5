import { checkedJson, defaultFiles, readJson, SkipstoneError, withSource } from '@skipstone/core';
import { z } from 'zod';

/** Parts of a pipeline as `model_index.json` names them: library and class, or nothing. */
const entry = z.tuple([z.string().nullable(), z.string().nullable()]);

const schema = z.object({ _class_name: z.string() }).catchall(z.union([entry, z.unknown()]));

export const PIPELINES = {
  wan: ['WanPipeline', 'WanImageToVideoPipeline'],
  cosmos: ['Cosmos2VideoToWorldPipeline', 'Cosmos2TextToImagePipeline'],
  ltx: ['LTX2Pipeline', 'LTX2ImageToVideoPipeline'],
} as const;

export type Family = keyof typeof PIPELINES;

/** A pipeline's folder in diffusers' layout. */
export interface PipelineFolder {
  /** The folder that holds `model_index.json`: in a hub's cache, that of the snapshot. */
  readonly path: string;
  readonly family: Family;
  readonly className: string;
  /** Parts that are there, by name, with the class that runs them. */
  readonly parts: ReadonlyMap<string, string>;
  /** Path below the folder. */
  at(part: string): string;
}

/** Finds `model_index.json`; `undefined` where there is none. */
export async function findIndex(path: string): Promise<string | undefined> {
  const files = await defaultFiles(undefined);
  if ((await files.kind(files.join(path, 'model_index.json'))) === 'file') return path;
  // A hub's cache: models--owner--name/snapshots/<revision>; refs/main names the newest.
  const snapshots = files.join(path, 'snapshots');
  if ((await files.kind(snapshots)) !== 'folder') return undefined;
  const newest = await readRevision(files.join(path, 'refs/main'));
  const revisions = [...(await files.list(snapshots))].sort(
    (a, b) => Number(b === newest) - Number(a === newest),
  );
  for (const revision of revisions) {
    const inside = files.join(snapshots, revision);
    if ((await files.kind(files.join(inside, 'model_index.json'))) === 'file') return inside;
  }
  return undefined;
}

/** The name of a revision, a hash, in a file of its own. */
async function readRevision(path: string): Promise<string | undefined> {
  const files = await defaultFiles(undefined);
  if ((await files.kind(path)) !== 'file') return undefined;
  const bytes = await withSource(files, path, (source) => source.read(0, Math.min(source.size, 128)));
  return new TextDecoder().decode(bytes).trim();
}

/** Reads a pipeline's folder. Errors `pipeline-folder` for another pipeline, `pipeline-part` for a part that is missing. */
export async function readFolder(path: string): Promise<PipelineFolder> {
  const root = await findIndex(path);
  if (root === undefined) throw noIndex(path);
  const files = await defaultFiles(undefined);
  const origin = files.join(root, 'model_index.json');
  const index = checkedJson(schema, await readJson(origin), {
    code: 'pipeline-folder',
    what: `${origin}: this does not describe a pipeline`,
    need: 'a _class_name, and library and class of each part',
    do: 'download model_index.json again',
  });
  const families = Object.entries(PIPELINES) as [Family, readonly string[]][];
  const family = families.find(([, names]) => names.includes(index._class_name))?.[0];
  if (!family) throw otherPipeline(origin, index._class_name);
  const parts = new Map<string, string>();
  for (const [name, value] of Object.entries(index)) {
    const named = entry.safeParse(value);
    if (named.success && named.data[1] !== null) parts.set(name, named.data[1]);
  }
  for (const part of parts.keys()) {
    if (OPTIONAL.includes(part)) continue;
    if ((await files.kind(files.join(root, part))) !== 'folder') throw noPart(root, part, [...parts.keys()]);
  }
  return { path: root, family, className: index._class_name, parts, at: (part) => files.join(root, part) };
}

/** Parts that nothing here reads. */
const OPTIONAL: readonly string[] = [
  'safety_checker',
  'feature_extractor',
  'prompt_enhancer',
  'duration_head',
  'processor',
];

function noIndex(path: string): SkipstoneError {
  return new SkipstoneError({
    code: 'pipeline-folder',
    what: `${path}: there is no pipeline`,
    have: 'no model_index.json',
    need: "a model's folder in diffusers' layout: model_index.json and a folder for each part",
    do: 'download the whole folder',
  });
}

function otherPipeline(origin: string, have: string): SkipstoneError {
  return new SkipstoneError({
    code: 'pipeline-folder',
    what: `${origin}: this pipeline cannot be run`,
    have,
    need: Object.values(PIPELINES).flat().join(', '),
    do: 'name the folder of another model',
  });
}

function noPart(root: string, part: string, parts: readonly string[]): SkipstoneError {
  return new SkipstoneError({
    code: 'pipeline-part',
    what: `${root}: a part of the model is missing`,
    have: `no folder ${part}`,
    need: parts.join(', '),
    do: `download ${part} from the same release`,
  });
}

/** True for a folder that has what stands around a transformer, too. */
export async function isWhole(path: string): Promise<boolean> {
  const root = await findIndex(path);
  if (root === undefined) return false;
  const files = await defaultFiles(undefined);
  const kinds = await Promise.all(
    ['text_encoder', 'tokenizer', 'vae'].map((part) => files.kind(files.join(root, part))),
  );
  return kinds.every((kind) => kind === 'folder');
}
