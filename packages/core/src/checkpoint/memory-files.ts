import { SkipstoneError } from '../error.js';
import type { Files } from './files.js';

/** Files that live in memory: for tests, and for a browser that has fetched a small checkpoint whole. */
export interface MemoryFiles extends Files {
  /** Contents by absolute path, `/` between folders. Committed files appear here. */
  readonly contents: Map<string, Uint8Array>;
}

export function memoryFiles(contents: Readonly<Record<string, Uint8Array>> = {}): MemoryFiles {
  const held = new Map(Object.entries(contents));
  return {
    contents: held,
    kind: async (path) => {
      if (held.has(path)) return 'file';
      return [...held.keys()].some((name) => name.startsWith(inside(path))) ? 'folder' : 'missing';
    },
    list: async (folder) => {
      const below = [...held.keys()].filter((name) => name.startsWith(inside(folder)));
      const names = below.map((name) => name.slice(inside(folder).length).split('/')[0] ?? '');
      return [...new Set(names)].sort();
    },
    realPath: async (path) => path,
    join: (folder, name) => inside(folder) + name,
    folderOf: (path) => path.slice(0, Math.max(path.lastIndexOf('/'), 1)),
    open: async (path) => {
      const bytes = held.get(path);
      if (bytes === undefined) throw missing(path);
      return {
        size: bytes.byteLength,
        read: async (offset, length) => {
          if (offset + length > bytes.byteLength) throw endsBefore(path, offset + length, bytes.byteLength);
          return new Uint8Array(bytes.subarray(offset, offset + length));
        },
        close: async () => {},
      };
    },
    create: async (path) => {
      const pieces: Uint8Array[] = [];
      return {
        write: async (bytes) => {
          pieces.push(bytes.slice());
        },
        commit: async () => {
          held.set(path, joined(pieces));
        },
        abort: async () => {},
      };
    },
  };
}

function inside(folder: string): string {
  return folder.endsWith('/') ? folder : `${folder}/`;
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.byteLength, 0));
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.byteLength;
  }
  return out;
}

function missing(path: string): SkipstoneError {
  return new SkipstoneError({
    code: 'checkpoint-read',
    what: `cannot read ${path}`,
    have: 'no such file in memory',
    need: 'a file that was put there',
    do: 'check the path',
  });
}

function endsBefore(path: string, need: number, have: number): SkipstoneError {
  return new SkipstoneError({
    code: 'checkpoint-read',
    what: `${path} ended early`,
    have: `${have} bytes`,
    need: `${need} bytes`,
    do: 'put the whole file there',
  });
}
