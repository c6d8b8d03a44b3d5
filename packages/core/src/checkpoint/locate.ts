import { SkipstoneError } from '../error.js';
import type { Files } from './files.js';
import { withSource } from './files.js';
import { foreignFile, isForeignWeights, KIND_BYTES } from './foreign-file.js';
import { parseIndex } from './index-file.js';
import { isPickle, pickleFault } from './pickle.js';

const INDEX = '.safetensors.index.json';
const WEIGHTS = '.safetensors';
/** The names diffusers, transformers and PEFT save under, in the order they are looked for in a folder. */
const STEMS = ['diffusion_pytorch_model', 'model', 'transformer', 'adapter_model'] as const;
/** Far above real index files (a few hundred kilobytes). */
const LARGEST_INDEX_BYTES = 100_000_000;

/** The files of a checkpoint before they are opened. */
export interface Located {
  readonly paths: readonly string[];
  /** From an index: which file (by its position in `paths`) holds each tensor. */
  readonly index?: { readonly path: string; readonly fileOf: ReadonlyMap<string, number> };
}

/** Finds the files a path stands for: a file, an index, or a folder with either. */
export async function locate(path: string, files: Files): Promise<Located> {
  const kind = await files.kind(path);
  if (kind === 'missing') throw missing(path);
  const found = kind === 'folder' ? await inFolder(path, files) : path;
  if (isPickle(found)) throw pickleFault(found);
  if (!found.endsWith('.json')) return { paths: [found] };
  return fromIndex(found, files);
}

async function inFolder(folder: string, files: Files): Promise<string> {
  const names = await files.list(folder);
  for (const stem of STEMS) {
    for (const ending of [INDEX, WEIGHTS]) {
      if (names.includes(stem + ending)) return files.join(folder, stem + ending);
    }
  }
  for (const ending of [INDEX, WEIGHTS]) {
    const matching = names.filter((name) => name.endsWith(ending));
    const [sole] = matching;
    if (sole !== undefined && matching.length === 1) return files.join(folder, sole);
    if (matching.length > 1) throw ambiguous(folder, matching);
  }
  const foreign = names.find(isForeignWeights);
  if (foreign !== undefined) return files.join(folder, foreign); // it says what it is when it is opened
  const hint = names.includes('transformer')
    ? `open its part '${files.join(folder, 'transformer')}'`
    : undefined;
  throw new SkipstoneError({
    code: 'checkpoint-missing',
    what: `no checkpoint in ${folder}`,
    have: names.length === 0 ? 'an empty folder' : firstOf(names),
    need: `${STEMS[0]}${WEIGHTS}, its index, or a single ${WEIGHTS} file`,
    do: hint ?? 'name the folder or file with the weights',
  });
}

async function fromIndex(path: string, files: Files): Promise<Located> {
  const bytes = await withSource(files, path, async (source) => {
    if (source.size > LARGEST_INDEX_BYTES) throw tooLarge(path, source.size);
    return source.read(0, source.size);
  });
  const other = foreignFile(bytes.subarray(0, KIND_BYTES), bytes.byteLength, path, 'JSON');
  if (other) throw other;
  const fileNameOf = parseIndex(new TextDecoder().decode(bytes), path);
  const names = [...new Set(fileNameOf.values())].sort();
  // Shards lie beside the index as it was named: in the Hugging Face cache both are links in one folder.
  const paths = names.map((name) => files.join(files.folderOf(path), name));
  for (const shard of paths) {
    if ((await files.kind(shard)) !== 'file') throw missing(shard, path);
  }
  const fileOf = new Map([...fileNameOf].map(([tensor, name]) => [tensor, names.indexOf(name)]));
  return { paths, index: { path, fileOf } };
}

function missing(path: string, index?: string): SkipstoneError {
  return new SkipstoneError({
    code: 'checkpoint-missing',
    what: index === undefined ? `there is nothing at ${path}` : `a file of ${index} is missing`,
    have: index === undefined ? 'no file or folder' : `no file ${path}`,
    need: index === undefined ? 'a .safetensors file, an index, or a folder with one' : 'every file it names',
    do: index === undefined ? 'check the path' : 'complete the download',
  });
}

function ambiguous(folder: string, names: readonly string[]): SkipstoneError {
  return new SkipstoneError({
    code: 'checkpoint-missing',
    what: `it is not clear which checkpoint of ${folder} is meant`,
    have: firstOf(names),
    need: `${STEMS[0]}${WEIGHTS}, an index, or a single ${WEIGHTS} file`,
    do: 'name the file, or give a list of the files that belong together',
  });
}

function tooLarge(path: string, size: number): SkipstoneError {
  return new SkipstoneError({
    code: 'checkpoint-index',
    what: `${path} is too large for an index`,
    have: `${size} bytes`,
    need: `at most ${LARGEST_INDEX_BYTES}`,
    do: 'download it again',
  });
}

function firstOf(names: readonly string[]): string {
  const more = names.length > 8 ? ` and ${names.length - 8} more` : '';
  return names.slice(0, 8).join(', ') + more;
}
