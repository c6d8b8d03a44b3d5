import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { SkipstoneError, type VideoModel } from '@skipstone/core';
import type { Verifier } from '@skipstone/golden';
import type { ModelFamily, OpenOptions } from './families.js';

/** What a module of `--adapter` exports. */
export interface AdapterModule {
  /** Opens what `--model` names; `generate`, `plan` and the like call it. */
  open?(path: string, options: OpenOptions): Promise<VideoModel>;
  /** Which options `open` has; none unless given, and the others are refused. */
  readonly options?: readonly (keyof OpenOptions)[];
  /** Cases it can verify, for `skipstone verify`. */
  readonly verifiers?: readonly Verifier[];
}

/** The models that a module opens. */
export async function adapterFamily(named: string): Promise<ModelFamily> {
  const { open, options = [] } = await load(named);
  if (typeof open !== 'function') throw lacks(named, 'a function named open', OPEN);
  return { name: named, options, open };
}

/** The cases that a module verifies. */
export async function adapterVerifiers(named: string): Promise<readonly Verifier[]> {
  const { verifiers } = await load(named);
  if (!Array.isArray(verifiers)) throw lacks(named, 'a list named verifiers', VERIFIERS);
  return verifiers;
}

const OPEN = 'export async function open(path, options) { return { name, phases, … } }, a VideoModel';
const VERIFIERS = 'export const verifiers = [{ name, kind, accepts, verify }]';

/** The file that a module is read from; `undefined` for a package that is not there. */
export function fileOfModule(named: string): string | undefined {
  if (isFile(named)) return resolve(named);
  try {
    return fileURLToPath(import.meta.resolve(named));
  } catch {
    return undefined;
  }
}

const isFile = (named: string): boolean =>
  /^(\.|[\\/]|[a-z]:[\\/])/i.test(named) || /\.[cm]?[jt]s$/.test(named);

/** A file by its path, or a package by its name. */
async function load(named: string): Promise<AdapterModule> {
  const from = isFile(named) ? pathToFileURL(resolve(named)).href : named;
  const module = await import(from).catch((cause: unknown) => {
    throw fault(named, { have: cause instanceof Error ? cause.message : String(cause), cause });
  });
  return module as AdapterModule;
}

const lacks = (named: string, need: string, remedy: string): SkipstoneError =>
  fault(named, { have: 'a module without it', need: `a module that exports ${need}`, do: remedy });

function fault(
  named: string,
  more: { readonly have: string; readonly need?: string; readonly do?: string; readonly cause?: unknown },
): SkipstoneError {
  return new SkipstoneError({
    code: 'adapter-module',
    what: `--adapter ${named}: this module does not serve`,
    need: 'the path of a module, or the name of a package that is installed beside the command',
    do: `for a file write --adapter ./${named.replace(/^\.?\//, '')}`,
    ...more,
  });
}
