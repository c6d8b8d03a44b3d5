import { defaultFiles } from './default-files.js';
import type { Files } from './files.js';
import { type Renames, renamed } from './layout.js';
import { openCheckpoint } from './open.js';
import { readJson } from './read-json.js';

/** Where one part of a model lies. */
export interface PartFiles {
  /** What `openCheckpoint` takes: a folder, a file or an index. */
  readonly weights: string;
  /** Where `config.json` would lie. */
  readonly folder: string;
  /** `config.json`; original releases have none. */
  readonly config: string | undefined;
}

/** Finds a part, such as `vae`, from the folder of its pipeline, from its own folder, or from its file. */
export async function findPart(part: string, path: string, given?: Files): Promise<PartFiles> {
  const files = await defaultFiles(given);
  const inside = files.join(path, part);
  const weights = (await files.kind(inside)) === 'folder' ? inside : path;
  const folder = (await files.kind(weights)) === 'folder' ? weights : files.folderOf(weights);
  const config = files.join(folder, 'config.json');
  return { weights, folder, config: (await files.kind(config)) === 'file' ? config : undefined };
}

/** Finds a model of one transformer from its folder, its `transformer` folder or its file. */
export const findTransformer = (path: string, given?: Files): Promise<PartFiles> =>
  findPart('transformer', path, given);

/**
 * True if a transformer of this class lies there: by its `config.json`, or where there is none by a tensor that no other
 * class has.
 */
export async function isTransformer(
  path: string,
  className: string,
  { renames, marker }: { readonly renames: Renames; readonly marker: string },
): Promise<boolean> {
  const { weights, config } = await findTransformer(path);
  if (config !== undefined) {
    const json = await readJson(config);
    return (json as { _class_name?: unknown } | null)?._class_name === className;
  }
  // What cannot be opened is nobody's: whoever opens it after all says why.
  const checkpoint = await openCheckpoint(weights).catch(() => undefined);
  return checkpoint !== undefined && renamed(checkpoint, renames).tensors.has(marker);
}
