import { openCheckpoint } from '../checkpoint/open.js';
import { sidecarFiles } from './default-sidecar-files.js';
import { notRemoved } from './sidecar-errors.js';
import type { SidecarFiles } from './sidecar-files.js';
import { parseSidecarName, type SidecarName } from './sidecar-name.js';

/** A file of ours in the folder of sidecars. */
export interface Sidecar extends SidecarName {
  readonly file: string;
  readonly bytes: number;
  /** Name of the model it was made from; `undefined` where the file does not say (damaged). */
  readonly model: string | undefined;
}

export interface SidecarFolderOptions {
  /** Where to look; Node's file system unless given. */
  readonly files?: SidecarFiles;
}

/** The folder that sidecars lie in unless told otherwise. */
export async function sidecarFolder(options: SidecarFolderOptions = {}): Promise<string> {
  return (await sidecarFiles(options.files)).defaultFolder();
}

/** Where the sidecars of a folder lie, by their names: none is opened. */
export async function sidecarPaths(
  folder?: string,
  options: SidecarFolderOptions = {},
): Promise<readonly string[]> {
  const files = await sidecarFiles(options.files);
  return (await ours(folder ?? files.defaultFolder(), files)).map(({ file }) => file);
}

/** The sidecars in a folder; none where there is no folder. */
export async function listSidecars(
  folder?: string,
  options: SidecarFolderOptions = {},
): Promise<readonly Sidecar[]> {
  const files = await sidecarFiles(options.files);
  const sidecars: Sidecar[] = [];
  for (const { file, name } of await ours(folder ?? files.defaultFolder(), files)) {
    const bytes = await files.sizeOf(file);
    if (bytes === undefined) continue; // removed or renamed since
    const header = await openCheckpoint(file, { files }).catch(() => undefined);
    sidecars.push({ ...name, file, bytes, model: header?.metadata['skipstone.model'] });
  }
  return sidecars;
}

/**
 * Removes the sidecars in a folder, and what killed runs left of some; files that do not carry our name,
 * and those that a process is just writing, stay. Returns what was removed.
 */
export async function clearSidecars(
  folder?: string,
  options: SidecarFolderOptions = {},
): Promise<readonly Sidecar[]> {
  const files = await sidecarFiles(options.files);
  const removed: Sidecar[] = [];
  await files.removeAbandoned(folder ?? files.defaultFolder());
  for (const sidecar of await listSidecars(folder, { files })) {
    await files.remove(sidecar.file).catch((error: unknown) => {
      throw notRemoved(sidecar.file, error);
    });
    removed.push(sidecar);
  }
  return removed;
}

async function ours(
  folder: string,
  files: SidecarFiles,
): Promise<readonly { readonly file: string; readonly name: SidecarName }[]> {
  if ((await files.kind(folder)) !== 'folder') return [];
  return (await files.list(folder)).flatMap((entry) => {
    const name = parseSidecarName(entry);
    return name ? [{ file: files.join(folder, entry), name }] : [];
  });
}
