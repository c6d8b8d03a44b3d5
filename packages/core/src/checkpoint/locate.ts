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

/** Finds the files a path stands for: a file, an index, or a folder with either, of a variant where one is named. */
export async function locate(path: string, files: Files, variant?: string): Promise<Located> {
  const kind = await files.kind(path);
  if (kind === 'missing') throw missing(path);
  if (kind === 'file' && variant !== undefined) throw notFolder(path, variant);
  const found = kind === 'folder' ? await inFolder(path, files, variant) : path;
  if (isPickle(found)) throw pickleFault(found);
  if (!found.endsWith('.json')) return { paths: [found] };
  return fromIndex(found, files);
}

async function inFolder(folder: string, files: Files, variant: string | undefined): Promise<string> {
  const names = await files.list(folder);
  for (const stem of STEMS) {
    const found = namesOf(stem, variant).find((name) => names.includes(name));
    if (found !== undefined) return files.join(folder, found);
  }
  const variants = variantsIn(names);
  if (variant !== undefined || variants.length > 0) throw variantOnly(folder, variant, variants);
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

/** diffusers has two names for the index of a variant: its library's, and the hub's. */
function namesOf(stem: string, variant: string | undefined): readonly string[] {
  if (variant === undefined) return [stem + INDEX, stem + WEIGHTS];
  return [
    `${stem}.${variant}${INDEX}`,
    `${stem}${INDEX.replace('.json', `.${variant}.json`)}`,
    `${stem}.${variant}${WEIGHTS}`,
  ];
}

/** Variants of which a folder has files. */
function variantsIn(names: readonly string[]): readonly string[] {
  const [stem, shard, word] = [`(?:${STEMS.join('|')})`, '-\\d{5}-of-\\d{5}', '([\\w-]+?)'];
  const patterns = [
    `^${stem}\\.${word}(?:${shard})?\\.safetensors(?:\\.index\\.json)?$`,
    `^${stem}${shard}\\.${word}\\.safetensors$`,
    `^${stem}\\.safetensors\\.index\\.${word}\\.json$`,
  ].map((pattern) => new RegExp(pattern));
  return [...new Set(names.flatMap((name) => patterns.flatMap((one) => one.exec(name)?.[1] ?? [])))];
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

function variantOnly(folder: string, asked: string | undefined, there: readonly string[]): SkipstoneError {
  const [first] = there;
  const have =
    there.length === 0 ? 'no variant' : `${asked ? '' : 'nothing but '}the variant ${there.join(', ')}`;
  return new SkipstoneError({
    code: 'checkpoint-variant',
    what: `${folder} has no weights ${asked === undefined ? 'without a variant' : `of the variant ${asked}`}`,
    have,
    need: namesOf(STEMS[0], asked).join(' or '),
    do: first === undefined ? 'leave the variant out' : `pass --variant ${first} ({ variant: '${first}' })`,
  });
}

function notFolder(path: string, variant: string): SkipstoneError {
  return new SkipstoneError({
    code: 'checkpoint-variant',
    what: `${path}: a variant is one of several in a folder`,
    have: `the variant ${variant} of a file`,
    need: 'a folder',
    do: 'leave the variant out, or name the folder',
  });
}

function ambiguous(folder: string, names: readonly string[]): SkipstoneError {
  return new SkipstoneError({
    code: 'checkpoint-missing',
    what: `it is not clear which checkpoint of ${folder} is meant`,
    have: firstOf(names),
    need: `${STEMS[0]}${WEIGHTS}, an index, or a single ${WEIGHTS} file`,
    do: names.some((name) => /-\d{5}-of-\d{5}/.test(name))
      ? `download their index too (*${INDEX})`
      : 'name the file, or give a list of the files that belong together',
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
