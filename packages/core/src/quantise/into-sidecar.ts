import { noFolder, noSpace, unwritable } from './sidecar-errors.js';
import type { SidecarFiles } from './sidecar-files.js';

/** Writes a file of `bytes` into the folder of sidecars, which is made; refused where the disk lacks the room. */
export async function intoSidecar(
  { folder, files, bytes }: { readonly folder: string; readonly files: SidecarFiles; readonly bytes: number },
  write: () => Promise<void>,
): Promise<void> {
  await files.makeFolder(folder).catch((error: unknown) => {
    throw noFolder(folder, error);
  });
  const free = await files.freeBytes(folder);
  if (free < bytes) throw noSpace(folder, free, bytes);
  try {
    await write();
  } catch (error) {
    throw unwritable(error, folder, bytes);
  }
}
