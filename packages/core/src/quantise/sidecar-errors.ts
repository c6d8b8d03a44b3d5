import { SkipstoneError } from '../error.js';

const ELSEWHERE = 'name another folder with SKIPSTONE_CACHE';

export function noFolder(folder: string, cause: unknown): SkipstoneError {
  return new SkipstoneError({
    code: 'quantise-folder',
    what: 'there is no folder to keep sidecar files in',
    have: `${folder}: ${messageOf(cause)}`,
    need: 'a folder that may be made and written to',
    do: ELSEWHERE,
    cause,
  });
}

/** `free`: bytes left on the disk; `undefined` once it has filled up. */
export function noSpace(
  folder: string,
  free: number | undefined,
  need: number,
  cause?: unknown,
): SkipstoneError {
  return new SkipstoneError({
    code: 'quantise-space',
    what: 'a sidecar file does not fit on the disk',
    have: free === undefined ? `a full disk at ${folder}` : `${mebibytes(free)} free at ${folder}`,
    need: mebibytes(need),
    do: `make room (\`skipstone weights list\` shows sidecars of other models), or ${ELSEWHERE}`,
    cause,
  });
}

/** What a failure to write means to a person; failures of anything else are handed back as they are. */
export function unwritable(error: unknown, folder: string, need: number): unknown {
  const system = error instanceof SkipstoneError ? error.cause : error;
  if (!isWriting(system)) return error;
  if (system.code === 'ENOSPC' || system.code === 'EDQUOT') return noSpace(folder, undefined, need, error);
  return new SkipstoneError({
    code: 'quantise-folder',
    what: 'a sidecar file cannot be written',
    have: `${folder}: ${system.message}`,
    need: 'a folder that may be written to',
    do: ELSEWHERE,
    cause: error,
  });
}

/** An error of the system's that is not one of reading the model. */
function isWriting(error: unknown): error is Error & { readonly code: unknown } {
  return error instanceof Error && 'code' in error && 'syscall' in error && error.syscall !== 'read';
}

export function notRemoved(file: string, cause: unknown): SkipstoneError {
  return new SkipstoneError({
    code: 'quantise-clear',
    what: 'a sidecar file cannot be removed',
    have: `${file}: ${messageOf(cause)}`,
    need: 'a file that may be removed and that no run holds open',
    do: 'end runs that use it, or remove it by hand',
    cause,
  });
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
