import { nearestName, SkipstoneError } from '@skipstone/core';
import { COLOURS } from './words.js';

/** What may stand at a place of a prompt. */
export interface Place {
  readonly place: string;
  readonly known: readonly string[];
}

const FORM =
  'a|an COLOUR SHAPE moves DIRECTION SPEED near a|an COLOUR SHAPE over a PATTERN BACKDROP backdrop, ' +
  'or … moves nowhere near …';
const EXAMPLE = 'a red circle moves right slowly near a blue ring over a checkered brown backdrop';
/** Words and letters that an error shows of a prompt, which may be of any length. */
const SHOWN_WORDS = 18;
const SHOWN_LETTERS = 24;

/** What is wrong with a prompt at one of its words, or behind them. */
type Fault = (words: readonly string[], at: number) => SkipstoneError;

const fault = (
  code: string,
  words: readonly string[],
  at: number,
  say: { readonly what: string; readonly need: string; readonly do: string },
): SkipstoneError =>
  new SkipstoneError({
    ...say,
    code: `prompt-${code}`,
    what: `prompt: ${say.what}`,
    have: marked(words, at),
  });

export const emptyFault = (): SkipstoneError =>
  new SkipstoneError({
    code: 'prompt-incomplete',
    what: 'prompt: it has no words',
    have: 'nothing',
    need: FORM,
    do: `write for example "${EXAMPLE}"`,
  });

/** A word that cannot stand at a place: one the model does not know, or one it knows. */
export function wordFault(
  words: readonly string[],
  at: number,
  place: Place,
  known: boolean,
): SkipstoneError {
  const word = shown(words[at]);
  const extra = place.known.includes(words[at + 1] ?? '') && `leave '${word}' out`;
  const need = needed(place);
  return known
    ? fault('word-order', words, at, {
        what: `'${word}' cannot stand here (word ${at + 1})`,
        need,
        do: extra || `put ${place.place} before '${word}'; the form is: ${FORM}`,
      })
    : fault('unknown-word', words, at, {
        what: `'${word}' (word ${at + 1}) is not a word the demo model knows`,
        need,
        do: extra || `did you mean '${nearestName(word, place.known)}'?`,
      });
}

export const endFault = (words: readonly string[], place: Place): SkipstoneError =>
  fault('incomplete', words, words.length, {
    what: `it ends after '${shown(words.at(-1))}', where ${place.place} must follow`,
    need: needed(place),
    do: `go on as in "${EXAMPLE}"`,
  });

export const extraFault: Fault = (words, at) =>
  fault('too-long', words, at, {
    what: `'${shown(words[at])}' (word ${at + 1}) comes after its end`,
    need: "nothing after the word 'backdrop'",
    do: `leave out what comes after word ${at}`,
  });

export const articleFault =
  (article: 'a' | 'an'): Fault =>
  (words, at) =>
    fault('article', words, at - 1, {
      what: `'${words[at - 1]}' (word ${at}) does not go with '${words[at]}'`,
      need: "'an' before orange, 'a' before the other colours, as in training",
      do: `write '${article} ${words[at]}'`,
    });

export const coloursFault: Fault = (words, at) =>
  fault('colours', words, at, {
    what: `both shapes are ${words[at]} (words 2 and ${at + 1})`,
    need: 'two different colours',
    do: `choose another for one of them: ${COLOURS.filter((other) => other !== words[at]).join(', ')}`,
  });

/** Places for one or two words (`the word 'near'`, `'a' or 'an'`) name them already. */
function needed({ place, known }: Place): string {
  return place.includes("'") ? `${place} here` : `${place} here: ${known.join(', ')}`;
}

/** The prompt with brackets around the word that is meant, or empty ones where a word is missing. */
function marked(words: readonly string[], at: number): string {
  const from = Math.max(0, at - SHOWN_WORDS / 2);
  const part = words.slice(from, from + SHOWN_WORDS).map(shown);
  part.splice(at - from, 1, `[${part[at - from] ?? ' '}]`);
  const text = part.join(' ');
  return `${from > 0 ? '… ' : ''}${text}${from + SHOWN_WORDS < words.length ? ' …' : ''}`;
}

/** A word as a message may show it: not too long, without control characters. */
function shown(word = ''): string {
  const clean = word.replace(/\p{C}/gu, '?');
  return clean.length > SHOWN_LETTERS ? `${clean.slice(0, SHOWN_LETTERS)}…` : clean;
}
