import { type Files, SkipstoneError, withSource } from '@skipstone/core';

/** Far above real ones (10 kB). */
const LARGEST_JSON_BYTES = 1 << 20;

/** Gives the real path of a file of the folder; one that a link leads out of it is refused. */
export async function fileFinder(folder: string, files: Files): Promise<(name: string) => Promise<string>> {
  if ((await files.kind(folder)) !== 'folder') throw notFolder(folder);
  const root = await files.realPath(folder);
  return async (name) => {
    const path = files.join(root, name);
    if ((await files.kind(path)) !== 'file') throw lacks(folder, name);
    const real = await files.realPath(path);
    if (files.folderOf(real) !== files.folderOf(path)) throw leadsOut(folder, name, real);
    return real;
  };
}

/** A small text file. */
export async function readText(path: string, files: Files): Promise<string> {
  return withSource(files, path, async (source) => {
    if (source.size > LARGEST_JSON_BYTES) throw tooLarge(path, source.size);
    return new TextDecoder().decode(await source.read(0, source.size));
  });
}

function notFolder(folder: string): SkipstoneError {
  return new SkipstoneError({
    code: 'golden-folder',
    what: `there is no golden folder at ${folder}`,
    have: 'no folder',
    need: 'a folder with case.json, config.json and io.safetensors',
    do: 'check the path',
  });
}

function lacks(folder: string, name: string): SkipstoneError {
  return new SkipstoneError({
    code: 'golden-folder',
    what: `${folder}: the golden folder is incomplete`,
    have: `no file ${name}`,
    need: 'case.json, config.json, io.safetensors, and model.safetensors where a model runs',
    do: 'name a golden folder, or copy the whole of it',
  });
}

function leadsOut(folder: string, name: string, real: string): SkipstoneError {
  return new SkipstoneError({
    code: 'golden-folder',
    what: `${folder}: a file of the golden folder lies outside of it`,
    have: `${name} is a link to ${real}`,
    need: 'all files in the folder itself',
    do: 'copy the file into the folder',
  });
}

function tooLarge(path: string, size: number): SkipstoneError {
  return new SkipstoneError({
    code: 'golden-case',
    what: `${path}: it is too large`,
    have: `${size} bytes`,
    need: `at most ${LARGEST_JSON_BYTES}`,
    do: 'restore the file',
  });
}
