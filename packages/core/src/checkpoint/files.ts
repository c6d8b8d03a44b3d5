/**
 * The files of a machine, as far as checkpoints need them. Core names no file system: Node's is in
 * `node-files.ts`, a browser passes its own (an OPFS folder, ranges over HTTP).
 */
export interface Files {
  /** What stands at a path, links followed. */
  kind(path: string): Promise<'file' | 'folder' | 'missing'>;
  /** Names in a folder. */
  list(folder: string): Promise<readonly string[]>;
  /** The absolute path with every link resolved. */
  realPath(path: string): Promise<string>;
  /** The path of `name` (with `/` between folders) below a folder. */
  join(folder: string, name: string): string;
  /** The folder a path lies in; the root's is the root itself. */
  folderOf(path: string): string;
  open(path: string): Promise<ByteSource>;
  /** A file that appears at `path` only when it is committed. */
  create(path: string): Promise<ByteSink>;
}

/** A file opened for reading at any place. */
export interface ByteSource {
  /** Bytes in the file. */
  readonly size: number;
  /** Exactly `length` bytes from `offset`, in memory of their own (so typed arrays over them are aligned). */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
}

/** A file being written from front to back. One of `commit` and `abort` ends it. */
export interface ByteSink {
  write(bytes: Uint8Array): Promise<void>;
  commit(): Promise<void>;
  abort(): Promise<void>;
}

/** Opens, works, closes, whatever happens in between. */
export async function withSource<T>(
  files: Files,
  path: string,
  work: (source: ByteSource) => Promise<T>,
): Promise<T> {
  const source = await files.open(path);
  try {
    return await work(source);
  } finally {
    await source.close();
  }
}
