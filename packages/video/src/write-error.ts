import { SkipstoneError } from '@skipstone/core';

interface Remedy {
  readonly have: string;
  readonly need: string;
  readonly do: string;
}

const NO_PERMISSION: Remedy = {
  have: 'no permission to write there',
  need: 'a folder this user may write to',
  do: 'name another folder, or change the permissions of this one',
};

const REMEDIES: Readonly<Record<string, Remedy | undefined>> = {
  EACCES: NO_PERMISSION,
  EPERM: NO_PERMISSION,
  EROFS: {
    have: 'a read-only file system',
    need: 'a folder that can be written to',
    do: 'name another folder',
  },
  ENOSPC: {
    have: 'no space left on the disk',
    need: 'free space',
    do: 'free some space, or name another disk',
  },
  EISDIR: { have: 'a folder of that name', need: 'a name that no folder has', do: 'name another file' },
  ENOTDIR: {
    have: 'a file where a folder is needed',
    need: 'folders above the output',
    do: 'name another folder',
  },
  EEXIST: {
    have: 'a file where a folder is needed',
    need: 'folders above the output',
    do: 'name another folder',
  },
};

/** Any error of the file system as four lines; errors that already are four lines stay as they are. */
export function writeError(path: string, cause: unknown): SkipstoneError {
  if (cause instanceof SkipstoneError) return cause;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const remedy = REMEDIES[code] ?? {
    have: cause instanceof Error ? cause.message : String(cause),
    need: 'a path that can be written to',
    do: 'name another path',
  };
  return new SkipstoneError({
    code: 'write-failed',
    what: `write: cannot write '${path}'`,
    ...remedy,
    cause,
  });
}
