import { SkipstoneError } from '../error.js';

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

const NO_SPACE: Remedy = {
  have: 'no space left on the disk',
  need: 'free space',
  do: 'free some space, or name another disk',
};

const REMEDIES: Readonly<Record<string, Remedy | undefined>> = {
  EACCES: NO_PERMISSION,
  EPERM: NO_PERMISSION,
  ENOENT: {
    have: 'no folder to write in',
    need: 'a folder that is there',
    do: 'make it first, or name another folder',
  },
  EROFS: {
    have: 'a read-only file system',
    need: 'a folder that can be written to',
    do: 'name another folder',
  },
  ENOSPC: NO_SPACE,
  EDQUOT: { ...NO_SPACE, have: "this user's share of the disk is used up" },
  EFBIG: { ...NO_SPACE, have: 'a file larger than the file system takes', need: 'one that takes it' },
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

/** Any error of writing a file or folder as four lines; errors that already are four lines stay as they are. */
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
