import { articleFault, coloursFault, emptyFault, endFault, extraFault, wordFault } from './prompt-errors.js';
import {
  BACKDROPS,
  COLOURS,
  type Colour,
  DIRECTIONS,
  type Figure,
  type Motion,
  PATTERNS,
  type Scene,
  SHAPES,
  SLOTS,
  SPEEDS,
  WORDS,
} from './words.js';

/**
 * What a prompt says. The grammar, whole (any other word is an error):
 *
 *     prompt = figure "moves" motion "near" figure "over" "a" PATTERN BACKDROP "backdrop"
 *     figure = ("a" | "an") COLOUR SHAPE        "an" before orange; the two colours differ
 *     motion = "nowhere" | DIRECTION SPEED
 *
 * Case does not matter; commas and full stops count as spaces. Errors point at the word.
 */
export function parsePrompt(prompt: string): Scene {
  const read = reader(prompt);
  const moving = figure(read);
  read.one("the word 'moves'", ['moves']);
  const motion = motionOf(read);
  read.one("the word 'near'", ['near']);
  const resting = figure(read, moving.colour);
  read.one("the word 'over'", ['over']);
  read.one("the word 'a'", ['a']);
  const pattern = read.one('a pattern', PATTERNS);
  const backdrop = read.one('a colour of the backdrop', BACKDROPS);
  read.one("the word 'backdrop'", ['backdrop']);
  read.end();
  return { moving, motion, resting, pattern, backdrop };
}

/** The prompt of a scene, in the words the model was trained with. Checks the scene as it checks prompts. */
export function promptOf(scene: Scene): string {
  const { moving, motion, resting, pattern, backdrop } = scene;
  const way = motion.direction === 'nowhere' ? 'nowhere' : `${motion.direction} ${motion.speed}`;
  const figures = [moving, resting].map(({ colour, shape }) => `${articleOf(colour)} ${colour} ${shape}`);
  const prompt = `${figures[0]} moves ${way} near ${figures[1]} over a ${pattern} ${backdrop} backdrop`;
  parsePrompt(prompt);
  return prompt;
}

/** The 16 word ids the model reads; the empty string, the prompt of the unconditional branch, is all `<pad>`. */
export function encodeWords(prompt: string): readonly number[] {
  if (prompt !== '') parsePrompt(prompt);
  const words = wordsOf(prompt);
  return Array.from({ length: SLOTS }, (_, slot) => WORDS.indexOf(words[slot] ?? '<pad>'));
}

/** Takes a prompt word by word; each place knows its words. */
interface Reader {
  /** The next word, which must be one of these; `place` says in an error what is expected. */
  one<Word extends string>(place: string, words: readonly Word[]): Word;
  /** Refuses the word taken last. */
  refuse(fault: (words: readonly string[], at: number) => Error): never;
  end(): void;
}

function reader(prompt: string): Reader {
  const words = wordsOf(prompt);
  if (words.length === 0) throw emptyFault();
  let at = -1;
  return {
    one: (place, known) => {
      const word = words[++at];
      const found = known.find((one) => one === word);
      if (found !== undefined) return found;
      if (word === undefined) throw endFault(words, { place, known });
      throw wordFault(words, at, { place, known }, WORDS.slice(1).includes(word));
    },
    refuse: (fault) => {
      throw fault(words, at);
    },
    end: () => {
      if (words.length > at + 1) throw extraFault(words, at + 1);
    },
  };
}

function figure(read: Reader, other?: Colour): Figure {
  const article = read.one("'a' or 'an'", ['a', 'an']);
  const colour = read.one('a colour', COLOURS);
  if (article !== articleOf(colour)) read.refuse(articleFault(articleOf(colour)));
  if (colour === other) read.refuse(coloursFault);
  return { colour, shape: read.one('a shape', SHAPES) };
}

function motionOf(read: Reader): Motion {
  const direction = read.one('a direction', DIRECTIONS);
  return direction === 'nowhere' ? { direction } : { direction, speed: read.one('a speed', SPEEDS) };
}

const articleOf = (colour: Colour): 'a' | 'an' => (colour === 'orange' ? 'an' : 'a');

/** As training took prompts apart: lower case, commas and full stops as spaces. */
function wordsOf(prompt: string): readonly string[] {
  return prompt
    .toLowerCase()
    .split(/[\s,.]+/)
    .filter((word) => word !== '');
}
