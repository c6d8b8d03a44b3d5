import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { openCheckpoint, readJson } from '@skipstone/core';
import { isOriginalLayout } from './keys.js';

/** Paths of the parts of one model. */
export interface LtxFiles {
  /** What `openCheckpoint` takes: a folder, a file or an index. */
  readonly weights: string;
  readonly folder: string;
  /** `config.json`; the original releases have none. */
  readonly config: string | undefined;
}

/** Finds the parts of a model from its folder, its `transformer` folder or its file. */
export async function findLtx(path: string): Promise<LtxFiles> {
  const inside = join(path, 'transformer');
  const weights = (await kindOf(inside)) === 'folder' ? inside : path;
  const folder = (await kindOf(weights)) === 'folder' ? weights : dirname(weights);
  const config = join(folder, 'config.json');
  return { weights, folder, config: (await kindOf(config)) === 'file' ? config : undefined };
}

/** True if an LTX-2 transformer lies there: by its `config.json`, or where there is none by its names. */
export async function isLtx(path: string): Promise<boolean> {
  const { weights, config } = await findLtx(path);
  if (config !== undefined) {
    const json = await readJson(config);
    return (json as { _class_name?: unknown } | null)?._class_name === 'LTX2VideoTransformer3DModel';
  }
  // What cannot be opened is nobody's: whoever opens it after all says why.
  const checkpoint = await openCheckpoint(weights).catch(() => undefined);
  return checkpoint !== undefined && isOriginalLayout(checkpoint.tensors.keys());
}

async function kindOf(path: string): Promise<'file' | 'folder' | 'missing'> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return 'missing';
  return found.isDirectory() ? 'folder' : 'file';
}
