import type { SidecarFiles } from './sidecar-files.js';

/** The files given, or Node's. Imported only when asked for, as in `default-files.ts`. */
export async function sidecarFiles(files: SidecarFiles | undefined): Promise<SidecarFiles> {
  return files ?? (await import('./node-sidecar-files.js')).nodeSidecarFiles;
}
