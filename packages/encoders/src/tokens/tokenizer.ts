import { readJson, SkipstoneError } from '@skipstone/core';
import { precompiledMap } from './precompiled.js';

/** Gemma's is 33 MB. */
const LARGEST_BYTES = 2 ** 28;

/** A text as an encoder reads it: what it is made of, without padding. */
export interface Tokens {
  readonly ids: readonly number[];
  readonly tokens: readonly string[];
}

/**
 * Texts as tokens by a folder's own `tokenizer.json`, cut off at `most` with what stands around every text kept. The
 * tokenizer is gone afterwards: a large one takes 300 MB. Error `encoder-tokenizer`.
 */
export async function tokenize(
  folder: string,
  texts: readonly string[],
  most = Number.POSITIVE_INFINITY,
): Promise<readonly Tokens[]> {
  const { Tokenizer } = await import('@huggingface/tokenizers');
  const [model, config] = await readTokenizer(folder);
  const [tokenizer, mapped] = opened(folder, () => {
    const { rest, map } = withoutMap(model);
    return [new Tokenizer(rest, config), map] as const;
  });
  return texts.map(mapped).map((text) => {
    const { ids } = tokenizer.encode(text);
    const tokens = ids.map((id: number) => tokenizer.id_to_token(id) ?? '');
    if (ids.length <= most) return { ids, tokens };
    const plain = tokenizer.encode(text, { add_special_tokens: false }).ids;
    const before = placeOf(plain, ids);
    const after = ids.length - before - plain.length;
    const kept = <T>(all: readonly T[]): T[] => [
      ...all.slice(0, most - after),
      ...all.slice(all.length - after, all.length),
    ];
    return { ids: kept(ids), tokens: kept(tokens) };
  });
}

/** A tokenizer whose normaliser begins with a character map, without it, and the map. */
function withoutMap(model: object): { readonly rest: object; readonly map: (text: string) => string } {
  const { normalizer } = model as { readonly normalizer?: Normalizer | null };
  const [first, ...others] = normalizer?.normalizers ?? (normalizer ? [normalizer] : []);
  if (first?.type !== 'Precompiled') return { rest: model, map: (text) => text };
  const left = others.length === 0 ? null : { ...normalizer, normalizers: others };
  return { rest: { ...model, normalizer: left }, map: precompiledMap(String(first.precompiled_charsmap)) };
}

interface Normalizer {
  readonly type: string;
  readonly normalizers?: readonly Normalizer[];
  readonly precompiled_charsmap?: unknown;
}

/** Where the tokens of a text begin among those with what stands around it. */
function placeOf(plain: readonly number[], all: readonly number[]): number {
  for (let at = 0; at + plain.length <= all.length; at++) {
    if (plain.every((id, i) => id === all[at + i])) return at;
  }
  return 0;
}

async function readTokenizer(folder: string): Promise<readonly [object, object]> {
  const read = async (name: string): Promise<object> => {
    const json = await readJson(`${folder}/${name}`, undefined, LARGEST_BYTES);
    if (typeof json === 'object' && json !== null) return json;
    throw fault(folder, `${name} is not an object`);
  };
  const model = await read('tokenizer.json').catch((cause: unknown) => {
    throw cause instanceof SkipstoneError && cause.lines.have === 'there is no such file'
      ? fault(folder, 'no tokenizer.json (a spiece.model alone is not read)')
      : cause;
  });
  return [model, await read('tokenizer_config.json').catch(() => ({}))];
}

function opened<T>(folder: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw fault(
      folder,
      error instanceof Error ? error.message.slice(0, 120) : 'a file that is not understood',
      error,
    );
  }
}

function fault(folder: string, have: string, cause?: unknown): SkipstoneError {
  return new SkipstoneError({
    code: 'encoder-tokenizer',
    what: `${folder}: there is no tokenizer that can be read`,
    have,
    need: 'tokenizer.json of the Hugging Face tokenizers library',
    do: 'download tokenizer.json and tokenizer_config.json from the same release',
    cause,
  });
}
