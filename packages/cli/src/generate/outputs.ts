import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { SkipstoneError, type VideoModel } from '@skipstone/core';
import { type Format, formatOf, temporaryName, writeError } from '@skipstone/video';
import type { Settings } from '../options/settings.js';
import { numbered, slugOf } from './names.js';

/** The files of one video. */
export interface Outputs {
  readonly seed: number;
  /** Absent where the model has no codec. */
  readonly video: string | undefined;
  readonly latents: string | undefined;
  readonly ledger: string | undefined;
  readonly save: string | undefined;
  readonly report: string | undefined;
}

/** Names for every video of the job. */
export function outputsOf(settings: Settings, model: VideoModel): readonly Outputs[] {
  const { options, count, out, files } = settings;
  const slug = slugOf(
    options.prompt ?? (files.embeds === undefined ? '' : files.embeds.replace(/.*[\\/]|\.\w+$/g, '')),
  );
  return Array.from({ length: count }, (_, i) => {
    const seed = (options.seed ?? 0) + i;
    const name = (path: string | undefined): string | undefined => path && numbered(path, i, count);
    const video = out === undefined ? `${slug}-${seed}.mp4` : name(out);
    return {
      seed,
      video: model.codec ? video : undefined,
      latents: name(files.latentsOut),
      ledger: name(files.ledger),
      save: name(files.save),
      report: name(files.report),
    };
  });
}

/**
 * Finds out before anything is computed whether all of it can be written: endings, folders (which are made),
 * permissions, two outputs of one name, an output over an input.
 */
export async function prepareOutputs(all: readonly Outputs[], settings: Settings): Promise<void> {
  const { embeds, noise, replay, firstFrames, imageLatents } = settings.files;
  const taken = new Map<string, string>();
  const inputs = {
    ...{ '--embeds': embeds, '--noise': noise, '--replay': replay },
    ...{ '--first-frames': firstFrames, '--image-latents': imageLatents },
  };
  for (const [name, path] of Object.entries(inputs)) {
    if (path !== undefined) taken.set(resolve(path), name);
  }
  for (const { video, latents, ledger, save, report } of all) {
    if (video !== undefined) await prepare(video, '--out', formatOf(video), taken);
    for (const [name, path] of Object.entries({
      '--latents-out': latents,
      '--ledger': ledger,
      '--save': save,
      '--report': report,
    })) {
      if (path !== undefined) await prepare(path, name, 'file', taken);
    }
  }
}

async function prepare(
  path: string,
  name: string,
  kind: Format | 'file',
  taken: Map<string, string>,
): Promise<void> {
  const full = resolve(path);
  const other = taken.get(full);
  if (other !== undefined) throw sameName(path, name, other);
  taken.set(full, name);
  try {
    await mkdir(dirname(full), { recursive: true });
    await tryToWrite(full);
    const there = await stat(full).catch(() => undefined);
    if (there && there.isDirectory() !== (kind === 'folder')) throw wrongKind(path, name, kind);
  } catch (cause) {
    throw writeError(path, cause);
  }
}

/** A permission may be there and the file system read-only: only writing tells. */
async function tryToWrite(path: string): Promise<void> {
  const temporary = temporaryName(path);
  await writeFile(temporary, '', { flag: 'wx' });
  await rm(temporary);
}

function sameName(path: string, name: string, other: string): SkipstoneError {
  return new SkipstoneError({
    code: 'option-conflict',
    what: `${name} and ${other} name one file`,
    have: path,
    need: 'a file for each',
    do: `name another file for ${name}`,
  });
}

function wrongKind(path: string, name: string, kind: Format | 'file'): SkipstoneError {
  return new SkipstoneError({
    code: 'option-conflict',
    what: `${name} ${path} cannot be written there`,
    have: kind === 'folder' ? 'a file of that name' : 'a folder of that name',
    need: kind === 'folder' ? 'a folder, or nothing yet' : 'a file, or nothing yet',
    do:
      kind === 'folder'
        ? 'name another folder, or give the name an ending (.mp4, .gif, .png)'
        : 'name another file',
  });
}
