import { SkipstoneError } from '../error.js';
import type { Checkpoint } from './checkpoint.js';
import { findPart } from './find-transformer.js';
import { openCheckpoint } from './open.js';
import { readJson } from './read-json.js';

/** A part of a model with what says how it is made. */
export interface OpenPart {
  /** `config.json` as it stands, unchecked, and where it lies. */
  readonly json: unknown;
  readonly origin: string;
  /** Where `config.json` lies. */
  readonly folder: string;
  readonly checkpoint: Checkpoint;
}

export interface OpenPartOptions {
  /** The code of the error for a part without `config.json`. */
  readonly code: string;
  /** What the part is, in words: `text encoder`. */
  readonly part: string;
  /** Whose `config.json` it takes: `T5, UMT5 or Gemma 3`. */
  readonly need: string;
  readonly variant?: string | undefined;
}

/**
 * Opens a part that cannot be told from its tensors: finds it as `findPart` does, reads its configuration and the headers
 * of its weights. Error of the given code where there is no `config.json`.
 */
export async function openPart(
  name: string,
  path: string,
  { code, part, need, variant }: OpenPartOptions,
): Promise<OpenPart> {
  const { weights, folder, config } = await findPart(name, path);
  if (config === undefined) {
    throw new SkipstoneError({
      code,
      what: `${weights}: nothing says how this ${part} is made`,
      have: 'no config.json beside the weights',
      need: `config.json of ${need}`,
      do: 'download config.json from the same release, into the same folder',
    });
  }
  const json = await readJson(config);
  return { json, origin: config, folder, checkpoint: await openCheckpoint(weights, { variant }) };
}
