import { basename, extname } from 'node:path';
import { nearestName, SkipstoneError } from '@skipstone/core';

/** What a path asks for: a video, an animation, a contact sheet, or a folder of frames. */
export type Format = 'mp4' | 'gif' | 'png' | 'folder';

const FORMAT_OF_ENDING: ReadonlyMap<string, Format> = new Map([
  ['.mp4', 'mp4'],
  ['.gif', 'gif'],
  ['.png', 'png'],
]);

/** The format a path names by its ending. No ending, or a last `/`, means a folder of frames. */
export function formatOf(path: string): Format {
  if (path.trim() === '') throw noPath();
  const name = basename(path).toLowerCase();
  if (FORMAT_OF_ENDING.has(name) && !/[\\/]$/.test(path)) throw onlyEnding(path);
  const ending = extname(path).toLowerCase();
  if (path.endsWith('/') || path.endsWith('\\') || ending === '') return 'folder';
  const format = FORMAT_OF_ENDING.get(ending);
  if (format === undefined) throw unknownEnding(path, ending);
  return format;
}

function noPath(): SkipstoneError {
  return new SkipstoneError({
    code: 'write-path',
    what: 'write: the output has no name',
    have: 'an empty path',
    need: `a path that ends in ${knownEndings()}, or a folder`,
    do: 'name the output, for example clip.mp4',
  });
}

function onlyEnding(path: string): SkipstoneError {
  return new SkipstoneError({
    code: 'write-path',
    what: 'write: the output is an ending without a name',
    have: path,
    need: 'a name before the ending',
    do: `name the output clip${basename(path)}, or write ${path}/ if you mean a folder of that name`,
  });
}

function unknownEnding(path: string, ending: string): SkipstoneError {
  const nearest = nearestName(ending, FORMAT_OF_ENDING.keys()) ?? '.mp4';
  return new SkipstoneError({
    code: 'write-format',
    what: `write: no file format is known for the ending '${ending}'`,
    have: path,
    need: `${knownEndings()}, or a folder (no ending, or a last '/')`,
    do: `name the output ${path.slice(0, path.length - ending.length)}${nearest}`,
  });
}

function knownEndings(): string {
  return [...FORMAT_OF_ENDING.keys()].join(', ');
}
