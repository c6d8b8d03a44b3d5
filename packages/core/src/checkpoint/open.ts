import { SkipstoneError } from '../error.js';
import type { Checkpoint, CheckpointFile, TensorEntry } from './checkpoint.js';
import { defaultFiles } from './default-files.js';
import type { ByteSource, Files } from './files.js';
import { fingerprint } from './fingerprint.js';
import { foreignFile, KIND_BYTES } from './foreign-file.js';
import { type Header, headerLength, PREFIX_BYTES, parseHeader } from './header.js';
import { type Located, locate } from './locate.js';

export interface OpenOptions {
  /** Of a folder's weights those that are published as this, e.g. `fp16`; those without a name unless given. */
  readonly variant?: string | undefined;
  /** Where to read from; Node's file system unless given. */
  readonly files?: Files;
}

const BRACE = 0x7b;

interface Opened {
  readonly path: string;
  readonly source: ByteSource;
  readonly header: Header;
}

/**
 * Opens a checkpoint: a `.safetensors` file, a list of them, an index, or a folder in the layout of
 * diffusers or transformers. Reads headers and a few bytes a tensor, never the weights.
 */
export async function openCheckpoint(
  path: string | readonly string[],
  options: OpenOptions = {},
): Promise<Checkpoint> {
  const files = await defaultFiles(options.files);
  const located = await Promise.all(
    (typeof path === 'string' ? [path] : path).map((one) => locate(one, files, options.variant)),
  );
  if (located.length === 0) throw noPaths();
  const opened: Opened[] = [];
  try {
    for (const one of located) {
      const headers = await openAll(one.paths, files, opened);
      assertIndex(one, headers);
    }
    return await assemble(opened, files);
  } finally {
    await Promise.all(opened.map(({ source }) => source.close()));
  }
}

/** Opens files by their real paths, adds them to `opened` (for closing) and returns those of this call. */
async function openAll(paths: readonly string[], files: Files, opened: Opened[]): Promise<readonly Opened[]> {
  const start = opened.length;
  for (const path of paths) {
    const real = await files.realPath(path);
    const source = await files.open(real);
    try {
      opened.push({ path: real, source, header: await readHeader(source, real) });
    } catch (error) {
      await source.close();
      throw error;
    }
  }
  return opened.slice(start);
}

async function readHeader(source: ByteSource, path: string): Promise<Header> {
  const head = await source.read(0, Math.min(KIND_BYTES, source.size));
  // A length below 2^32, and an object: nothing else begins so.
  const isHeader = head[PREFIX_BYTES] === BRACE && head.subarray(4, PREFIX_BYTES).every((byte) => byte === 0);
  const other = isHeader ? undefined : foreignFile(head, source.size, path, 'weights');
  if (other) throw other;
  const length = headerLength(head, source.size, path);
  return parseHeader(await source.read(PREFIX_BYTES, length), source.size, path);
}

/** An index and the files it names must agree, tensor by tensor, both ways. */
function assertIndex({ index }: Located, headers: readonly Opened[]): void {
  if (index === undefined) return;
  const held = headers.map(({ header }) => new Set(header.tensors.map((tensor) => tensor.name)));
  for (const [name, file] of index.fileOf) {
    if (!held[file]?.has(name)) throw disagrees(index.path, `'${name}'`, headers[file]?.path, 'lacks it');
  }
  headers.forEach(({ path, header }, file) => {
    for (const { name } of header.tensors) {
      if (index.fileOf.get(name) !== file)
        throw disagrees(index.path, `no '${name}' there`, path, 'holds it');
    }
  });
}

async function assemble(opened: readonly Opened[], files: Files): Promise<Checkpoint> {
  const tensors = new Map<string, TensorEntry>();
  const sources = new Map<string, ByteSource>();
  const metadata = new Map<string, string>();
  const list: CheckpointFile[] = [];
  for (const { path, source, header } of opened) {
    for (const tensor of header.tensors) {
      const other = tensors.get(tensor.name);
      if (other !== undefined) throw twice(tensor.name, other.file, path);
      tensors.set(tensor.name, Object.freeze({ ...tensor, file: path }));
    }
    for (const [key, value] of Object.entries(header.metadata)) {
      if (!metadata.has(key)) metadata.set(key, value);
    }
    sources.set(path, source);
    list.push(Object.freeze({ path, bytes: source.size }));
  }
  const print = await fingerprint(tensors.values(), list, (file) => sourceOf(sources, file));
  return Object.freeze({
    tensors,
    files: Object.freeze(list),
    folder: commonFolder(
      list.map(({ path }) => path),
      files,
    ),
    metadata: Object.freeze(Object.fromEntries(metadata)),
    fingerprint: print,
  });
}

function sourceOf(sources: ReadonlyMap<string, ByteSource>, file: string): ByteSource {
  const source = sources.get(file);
  if (source === undefined) throw new RangeError(`not opened: ${file}`);
  return source;
}

/** The deepest folder that every file lies below. */
function commonFolder(paths: readonly string[], files: Files): string {
  const [first = [], ...others] = paths.map((path) => foldersOf(path, files));
  return first.find((folder) => others.every((chain) => chain.includes(folder))) ?? first.at(-1) ?? '';
}

/** All folders a file lies in, the nearest first. */
function foldersOf(path: string, files: Files): readonly string[] {
  const chain = [files.folderOf(path)];
  for (;;) {
    const last = chain.at(-1) ?? '';
    const above = files.folderOf(last);
    if (above === last) return chain;
    chain.push(above);
  }
}

function noPaths(): SkipstoneError {
  return new SkipstoneError({
    code: 'checkpoint-missing',
    what: 'no file was named to open',
    have: 'an empty list',
    need: 'at least one path',
    do: 'pass the path of a .safetensors file, of its index, or of their folder',
  });
}

function disagrees(index: string, have: string, file: string | undefined, but: string): SkipstoneError {
  return new SkipstoneError({
    code: 'checkpoint-index',
    what: `${index} and its files disagree`,
    have: `${have}, but ${file ?? 'a file'} ${but}`,
    need: 'each tensor in the file that the index names',
    do: 'download index and files again, from one revision',
  });
}

function twice(name: string, first: string, second: string): SkipstoneError {
  return new SkipstoneError({
    code: 'checkpoint-duplicate',
    what: `two files hold the tensor '${name}'`,
    have: `${first} and ${second}`,
    need: 'each tensor in one file',
    do: 'open only the files that belong together, or their index',
  });
}
