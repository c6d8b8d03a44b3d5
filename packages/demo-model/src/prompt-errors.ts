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

export function emptyFault(): SkipstoneError {
  return new SkipstoneError({
    code: 'prompt-incomplete',
    what: 'prompt: it has no words',
    have: 'nothing',
    need: FORM,
    do: `write for example "${EXAMPLE}"`,
  });
}

/** A word the model does not know. */
export function unknownFault(words: readonly string[], at: number, place: Place): SkipstoneError {
  const word = shown(words[at]);
  const near = nearestName(word, place.known);
  return new SkipstoneError({
    code: 'prompt-unknown-word',
    what: `prompt: '${word}' (word ${at + 1}) is not a word the demo model knows`,
    have: marked(words, at),
    need: needed(place),
    do: place.known.includes(words[at + 1] ?? '') ? `leave '${word}' out` : `did you mean '${near}'?`,
  });
}

/** A word the model knows, at the wrong place. */
export function orderFault(words: readonly string[], at: number, place: Place): SkipstoneError {
  const word = shown(words[at]);
  const extra = place.known.includes(words[at + 1] ?? '');
  return new SkipstoneError({
    code: 'prompt-word-order',
    what: `prompt: '${word}' cannot stand here (word ${at + 1})`,
    have: marked(words, at),
    need: needed(place),
    do: extra ? `leave '${word}' out` : `put ${place.place} before '${word}'; the form is: ${FORM}`,
  });
}

export function endFault(words: readonly string[], place: Place): SkipstoneError {
  return new SkipstoneError({
    code: 'prompt-incomplete',
    what: `prompt: it ends after '${shown(words.at(-1))}', where ${place.place} must follow`,
    have: marked(words, words.length),
    need: needed(place),
    do: `go on as in "${EXAMPLE}"`,
  });
}

export function extraFault(words: readonly string[], at: number): SkipstoneError {
  return new SkipstoneError({
    code: 'prompt-too-long',
    what: `prompt: '${shown(words[at])}' (word ${at + 1}) comes after its end`,
    have: marked(words, at),
    need: "nothing after the word 'backdrop'",
    do: `leave out what comes after word ${at}`,
  });
}

export function articleFault(words: readonly string[], at: number, article: 'a' | 'an'): SkipstoneError {
  return new SkipstoneError({
    code: 'prompt-article',
    what: `prompt: '${words[at]}' (word ${at + 1}) does not go with '${words[at + 1]}'`,
    have: marked(words, at),
    need: "'an' before orange, 'a' before the other colours, as in training",
    do: `write '${article} ${words[at + 1]}'`,
  });
}

export function coloursFault(words: readonly string[], at: number): SkipstoneError {
  const colour = words[at];
  return new SkipstoneError({
    code: 'prompt-colours',
    what: `prompt: both shapes are ${colour} (words 2 and ${at + 1})`,
    have: marked(words, at),
    need: 'two different colours',
    do: `choose another for one of them: ${COLOURS.filter((other) => other !== colour).join(', ')}`,
  });
}

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
