import { SkipstoneError } from '@skipstone/core';
import { type NamedFile, named } from '../files/prepare-outputs.js';
import type { Typed } from '../options/flags.js';
import { readNumber } from '../options/read-value.js';

/** What was typed after `skipstone trace`, beside the options of the model. */
export type TypedTrace = Typed & {
  readonly prompts?: string;
  readonly examples?: string;
  readonly embeds?: readonly string[];
  readonly firstFrames?: readonly string[];
  readonly imageLatents?: readonly string[];
  readonly seeds?: string;
  readonly out?: string;
  readonly renew?: boolean;
  readonly quiet?: boolean;
};

/** How often a file may be named that runs are given beside prompts. */
export const ONE_OR_EACH = 'once for all prompts, or once for each';

/** Where prompts come from: exactly one of these. */
export type PromptSource =
  | { readonly kind: 'prompts'; readonly path: string }
  | { readonly kind: 'examples'; readonly count: number }
  | { readonly kind: 'embeds'; readonly paths: readonly string[] };

/** Reads which prompts to use; `command` is named in errors. */
export function promptSource(
  { prompts, examples, embeds }: Pick<TypedTrace, 'prompts' | 'examples' | 'embeds'>,
  command: string,
): PromptSource {
  const given: PromptSource[] = [];
  if (prompts !== undefined) given.push({ kind: 'prompts', path: prompts });
  if (examples !== undefined) {
    given.push({ kind: 'examples', count: readNumber('--examples', examples, COUNT) });
  }
  if (embeds !== undefined) given.push({ kind: 'embeds', paths: embeds });
  const [source] = given;
  if (source && given.length === 1) return source;
  throw new SkipstoneError({
    code: source ? 'option-conflict' : 'option-missing',
    what: `skipstone ${command}: ${source ? 'prompts come from one place' : 'there are no prompts'}`,
    have: given.map(({ kind }) => `--${kind}`).join(' and ') || 'no prompts',
    need: 'one of --prompts FILE, --examples N, --embeds FILE',
    do: source ? 'keep one of them' : `skipstone ${command} --examples 12 …`,
  });
}

/** The files that prompts and what goes with them are read from. */
export const promptFiles = (typed: TypedTrace): readonly NamedFile[] => [
  ...named('--prompts', typed.prompts),
  ...named('--embeds', ...(typed.embeds ?? [])),
  ...named('--first-frames', ...(typed.firstFrames ?? [])),
  ...named('--image-latents', ...(typed.imageLatents ?? [])),
];

const COUNT = { kind: 'whole', least: 1, most: 10_000 } as const;
const SEED = { kind: 'whole', least: 0, most: Number.MAX_SAFE_INTEGER } as const;
const MOST_SEEDS = 10_000;

/** Seeds of a list such as `0,4,7` or `0-3`, each once. */
export function readSeeds(text: string): readonly number[] {
  const seeds = text.split(',').flatMap((part) => {
    const [, first, last] = /^(\d+)-(\d+)$/.exec(part) ?? [];
    if (first === undefined || last === undefined) return [readNumber('--seeds', part, SEED)];
    const [from, to] = [readNumber('--seeds', first, SEED), readNumber('--seeds', last, SEED)];
    if (to >= from && to - from < MOST_SEEDS)
      return Array.from({ length: to - from + 1 }, (_, i) => from + i);
    throw badSeeds(text);
  });
  if (new Set(seeds).size === seeds.length && seeds.length <= MOST_SEEDS) return seeds;
  throw badSeeds(text);
}

function badSeeds(text: string): SkipstoneError {
  return new SkipstoneError({
    code: 'option-value',
    what: '--seeds has a value that does not serve',
    have: `--seeds ${text}`,
    need: `whole numbers, each once, at most ${MOST_SEEDS}`,
    do: 'for example --seeds 0-3',
  });
}

/** An option that must be there. */
export function required(value: string | undefined, option: string, command: string): string {
  if (value !== undefined && value !== '') return value;
  throw new SkipstoneError({
    code: 'option-missing',
    what: `skipstone ${command}: ${option} is missing`,
    have: `no ${option}`,
    need: `${option} FILE`,
    do: `see skipstone ${command} --help`,
  });
}
