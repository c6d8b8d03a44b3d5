import { mkdir, readlink, realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { SkipstoneError, sidecarPaths, withTemporary, writeError } from '@skipstone/core';

/** A file, and the option that names it. */
export interface NamedFile {
  readonly by: string;
  readonly path: string;
}

export interface Output extends NamedFile {
  /** True for a folder of frames. */
  readonly folder?: boolean;
}

/** Files that were read on behalf of a model, not of an option. */
export const ofModel = (files: readonly string[]): readonly NamedFile[] =>
  files.map((path) => ({ by: 'the model', path }));

/** The files that one option names, once or many times. */
export const named = (by: string, ...paths: readonly (string | undefined)[]): readonly NamedFile[] =>
  paths.flatMap((path) => (path === undefined ? [] : [{ by, path }]));

/**
 * Finds out before anything runs whether all outputs can be written: none over what is read or over another
 * (`assertApart`), folders (which are made), permissions.
 */
export async function prepareOutputs(
  outputs: readonly Output[],
  inputs: readonly NamedFile[],
): Promise<void> {
  // Weights in another form are read where a run finds them, without being named.
  const sidecars = named('a sidecar of weights', ...(await sidecarPaths()));
  await assertApart(outputs, [...sidecars, ...inputs]);
  for (const output of outputs) await prepare(output);
}

/**
 * Refuses an output over anything that is read, and two outputs over one file: told by device and inode, and by
 * real path where nothing is there yet. A run alone may be saved over the file that it goes on from.
 */
export async function assertApart(outputs: readonly Output[], inputs: readonly NamedFile[]): Promise<void> {
  const taken = new Map<string, string>();
  for (const { by, path } of inputs) for (const mark of await marksOf(path)) taken.set(mark, by);
  for (const { by, path, folder = false } of outputs) {
    if (path === '-') throw notStandard(by);
    const marks = await marksOf(path);
    const [real = ''] = marks;
    if ([real, await realPathOf(dirname(path))].some((one) => SYSTEM.test(one))) throw noFile(path, by);
    const frames = folder ? [...taken.keys()].filter((mark) => isFrameIn(real, mark)) : [];
    const inFolder = `frames of ${dirname(real)}`;
    const other = [...marks, ...frames, ...(FRAME.test(basename(real)) ? [inFolder] : [])]
      .map((mark) => taken.get(mark))
      .find((one) => one !== undefined && !(by === '--save' && one === '--resume'));
    if (other !== undefined) throw sameFile(path, by, other);
    for (const mark of folder ? [...marks, `frames of ${real}`] : marks) taken.set(mark, by);
  }
}

/** Where names stand for what is no file, which a file put there would replace: for everybody, where root runs it. */
const SYSTEM = /^\/(?:dev(?!\/shm\/)|proc|sys)(?:\/|$)/;

/** How frames in a folder are called. */
const FRAME = /^frame-\d{4,}\.png$/;

const isFrameIn = (folder: string, mark: string): boolean =>
  dirname(mark) === folder && FRAME.test(basename(mark));

/** What tells one file from another: its real path, and where it is there, its device and inode. */
async function marksOf(path: string): Promise<readonly string[]> {
  const real = await realPathOf(path);
  const there = await stat(real, { bigint: true }).catch(() => undefined);
  return there ? [real, `${there.dev}:${there.ino}`] : [real];
}

/**
 * The path with every link resolved, also of what is not there yet: a name in a linked folder, a link to nothing. As
 * the system reads it, to which `link/..` is not the folder that the link lies in.
 */
async function realPathOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const target = isMissing ? await readlink(path).catch(() => undefined) : undefined;
    const folder = dirname(path);
    if (target !== undefined) return realPathOf(isAbsolute(target) ? target : `${folder}/${target}`);
    return folder === path ? path : join(await realPathOf(folder), basename(path));
  }
}

async function prepare({ by, path, folder = false }: Output): Promise<void> {
  try {
    const there = await stat(path).catch(orMissing);
    if (there && !there.isDirectory() && !there.isFile()) throw noFile(path, by);
    if (there && there.isDirectory() !== folder) throw wrongKind(path, by, folder);
    await mkdir(dirname(path), { recursive: true });
    // A permission may be there and the file system read-only: only writing tells.
    await withTemporary(dirname(path), 'file', async () => {});
  } catch (cause) {
    throw writeError(path, cause);
  }
}

/** A name may also be too long for the file system. */
function orMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

function sameFile(path: string, by: string, other: string): SkipstoneError {
  return conflict(`${by} and ${other} name one file`, path, {
    need: 'a file for each',
    do: `name another file for ${by}`,
  });
}

function notStandard(by: string): SkipstoneError {
  return conflict(`${by} - would make a file of that name: nothing is written to standard output`, '-', {
    need: 'the name of a file',
    do: `name one, or write ${by} ./- if you mean that name`,
  });
}

function noFile(path: string, by: string): SkipstoneError {
  return conflict(`${by} ${path} would put a file in the place of a device or a pipe`, path, {
    need: 'a file, or nothing yet',
    do: 'name a file, and copy it where it is to go',
  });
}

function wrongKind(path: string, by: string, folder: boolean): SkipstoneError {
  return conflict(
    `${by} ${path} cannot be written there`,
    folder ? 'a file of that name' : 'a folder of that name',
    folder
      ? {
          need: 'a folder, or nothing yet',
          do: 'name another folder, or give the name an ending (.mp4, .gif, .png)',
        }
      : { need: 'a file, or nothing yet', do: 'name another file' },
  );
}

function conflict(what: string, have: string, rest: { readonly need: string; readonly do: string }) {
  return new SkipstoneError({ code: 'option-conflict', what, have, ...rest });
}
