import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { faultLines, faultOf } from '@skipstone/core/testing';
import { describe, expect, test } from 'vitest';
import { demoWeightsFolder } from './demo-model.js';
import { encodeWords, parsePrompt, promptOf } from './grammar.js';
import {
  BACKDROPS,
  COLOURS,
  DIRECTIONS,
  PATTERNS,
  type Scene,
  SHAPES,
  SLOTS,
  SPEEDS,
  WORDS,
} from './words.js';

const PROMPT = 'a red circle moves right slowly near a blue ring over a checkered brown backdrop';
const SCENE: Scene = {
  moving: { colour: 'red', shape: 'circle' },
  motion: { direction: 'right', speed: 'slowly' },
  resting: { colour: 'blue', shape: 'ring' },
  pattern: 'checkered',
  backdrop: 'brown',
};
const STILL = 'an orange square moves nowhere near a white triangle over a plain navy backdrop';
const STILL_SCENE: Scene = {
  moving: { colour: 'orange', shape: 'square' },
  motion: { direction: 'nowhere' },
  resting: { colour: 'white', shape: 'triangle' },
  pattern: 'plain',
  backdrop: 'navy',
};
const FORM =
  'a|an COLOUR SHAPE moves DIRECTION SPEED near a|an COLOUR SHAPE over a PATTERN BACKDROP backdrop, ' +
  'or … moves nowhere near …';

test('the words are those of the weights, in their order', async () => {
  const words = JSON.parse(await readFile(join(demoWeightsFolder, 'words.json'), 'utf8'));
  expect(words).toEqual({
    words: WORDS,
    length: SLOTS,
    colors: COLOURS,
    shapes: SHAPES,
    backdrops: BACKDROPS,
    patterns: PATTERNS,
    motions: DIRECTIONS,
    speeds: SPEEDS,
  });
});

describe('what a prompt says', () => {
  test.each([
    [PROMPT, SCENE],
    [STILL, STILL_SCENE],
  ])('%s', (prompt, scene) => {
    expect(parsePrompt(prompt)).toEqual(scene);
    expect(promptOf(scene)).toBe(prompt);
  });

  test.each([
    '  A RED circle,moves right slowly\n near a Blue ring over a checkered brown backdrop.',
    '...a red circle moves right slowly. Near a blue ring, over a\tcheckered brown backdrop,,',
  ])('case, commas, full stops and spaces do not count: %j', (prompt) => {
    expect(parsePrompt(prompt)).toEqual(SCENE);
    expect(encodeWords(prompt)).toEqual(encodeWords(PROMPT));
  });
});

describe('word ids', () => {
  test('15 words and a pad', () => {
    // By hand from words.json.
    const ids = [1, 7, 15, 2, 28, 32, 5, 1, 9, 18, 3, 1, 25, 22, 4, 0];
    expect(encodeWords(PROMPT)).toEqual(ids);
  });

  test('14 words and two pads', () => {
    expect(encodeWords(STILL)).toEqual([6, 12, 16, 2, 31, 5, 1, 13, 17, 3, 1, 23, 21, 4, 0, 0]);
  });

  test('the empty prompt is all pads', () => {
    expect(encodeWords('')).toEqual(Array(16).fill(0));
  });
});

describe('errors', () => {
  const linesOf = (work: () => unknown) => faultLines(faultOf(work));

  test.each([' ', '.', ' , \n'])('no words: %j', (prompt) => {
    const lines = [
      'prompt-incomplete',
      'prompt: it has no words',
      'nothing',
      FORM,
      `write for example "${PROMPT}"`,
    ];
    expect(linesOf(() => encodeWords(prompt))).toEqual(lines);
    expect(linesOf(() => parsePrompt(prompt))).toEqual(lines);
  });

  test('an unknown word: the nearest of its place', () => {
    expect(linesOf(() => parsePrompt(PROMPT.replace('blue', 'bleu')))).toEqual([
      'prompt-unknown-word',
      "prompt: 'bleu' (word 9) is not a word the demo model knows",
      'a red circle moves right slowly near a [bleu] ring over a checkered brown backdrop',
      'a colour here: red, green, blue, yellow, purple, orange, white, cyan',
      "did you mean 'blue'?",
    ]);
  });

  test('an unknown word before a word that fits its place is one too many', () => {
    expect(linesOf(() => parsePrompt(PROMPT.replace('red', 'small red')))).toEqual([
      'prompt-unknown-word',
      "prompt: 'small' (word 2) is not a word the demo model knows",
      'a [small] red circle moves right slowly near a blue ring over a checkered brown backdrop',
      'a colour here: red, green, blue, yellow, purple, orange, white, cyan',
      "leave 'small' out",
    ]);
  });

  test('the pad is no word', () => {
    expect(linesOf(() => parsePrompt('a <pad> circle'))[0]).toBe('prompt-unknown-word');
  });

  test('a word of another place', () => {
    expect(linesOf(() => parsePrompt(PROMPT.replace('red circle', 'circle red')))).toEqual([
      'prompt-word-order',
      "prompt: 'circle' cannot stand here (word 2)",
      'a [circle] red moves right slowly near a blue ring over a checkered brown backdrop',
      'a colour here: red, green, blue, yellow, purple, orange, white, cyan',
      "leave 'circle' out",
    ]);
  });

  test('a word left out in the middle', () => {
    expect(linesOf(() => parsePrompt(PROMPT.replace('slowly ', '')))).toEqual([
      'prompt-word-order',
      "prompt: 'near' cannot stand here (word 6)",
      'a red circle moves right [near] a blue ring over a checkered brown backdrop',
      'a speed here: slowly, quickly',
      `put a speed before 'near'; the form is: ${FORM}`,
    ]);
  });

  test('a speed where nothing moves', () => {
    expect(linesOf(() => parsePrompt(STILL.replace('nowhere', 'nowhere slowly')))).toEqual([
      'prompt-word-order',
      "prompt: 'slowly' cannot stand here (word 6)",
      'an orange square moves nowhere [slowly] near a white triangle over a plain navy backdrop',
      "the word 'near' here",
      "leave 'slowly' out",
    ]);
  });

  test('words missing at the end', () => {
    expect(linesOf(() => parsePrompt('a red circle moves'))).toEqual([
      'prompt-incomplete',
      "prompt: it ends after 'moves', where a direction must follow",
      'a red circle moves [ ]',
      'a direction here: left, right, up, down, nowhere',
      `go on as in "${PROMPT}"`,
    ]);
  });

  test('words after the end', () => {
    expect(linesOf(() => parsePrompt(`${PROMPT} near a ring`))).toEqual([
      'prompt-too-long',
      "prompt: 'near' (word 16) comes after its end",
      '… near a blue ring over a checkered brown backdrop [near] a ring',
      "nothing after the word 'backdrop'",
      'leave out what comes after word 15',
    ]);
  });

  test.each([
    [PROMPT.replace('a red', 'an red'), 1, '[an] red', "write 'a red'"],
    [STILL.replace('an orange', 'a orange'), 1, '[a] orange', "write 'an orange'"],
    [PROMPT.replace('a blue', 'an blue'), 8, 'near [an] blue', "write 'a blue'"],
  ])('the wrong article: %s', (prompt, word, have, todo) => {
    const lines = linesOf(() => parsePrompt(prompt));
    expect(lines[0]).toBe('prompt-article');
    expect(lines[1]).toContain(`(word ${word}) does not go with`);
    expect(lines[2]).toContain(have);
    expect(lines[3]).toBe("'an' before orange, 'a' before the other colours, as in training");
    expect(lines[4]).toBe(todo);
  });

  test('equal colours, in a prompt and in a scene', () => {
    const lines = [
      'prompt-colours',
      'prompt: both shapes are red (words 2 and 9)',
      'a red circle moves right slowly near a [red] ring over a checkered brown backdrop',
      'two different colours',
      'choose another for one of them: green, blue, yellow, purple, orange, white, cyan',
    ];
    expect(linesOf(() => parsePrompt(PROMPT.replace('blue', 'red')))).toEqual(lines);
    const resting = { colour: 'red', shape: 'ring' } as const;
    expect(linesOf(() => promptOf({ ...SCENE, resting }))).toEqual(lines);
  });

  test('a prompt of a million words, with control characters, gives a short message', () => {
    const prompt = `${'a red '.repeat(500_000)}\u001b[31m${'x'.repeat(1e6)}`;
    expect(linesOf(() => parsePrompt(prompt)).join(' ').length).toBeLessThan(700);
    const [, what] = linesOf(() => parsePrompt(`a \u001b[31m${'x'.repeat(99)}`));
    expect(what).toBe("prompt: '?[31mxxxxxxxxxxxxxxxxxxx…' (word 2) is not a word the demo model knows");
  });

  test.each([
    ['a red circle moves right slowly near a blue ring over an plain', "the word 'a' here"],
    ['the red', "'a' or 'an' here"],
    ['a red circle runs', "the word 'moves' here"],
    ['a red circle moves right slowly beside', "the word 'near' here"],
    ['a red circle moves right slowly near a blue ring on', "the word 'over' here"],
    [
      'a red circle moves right slowly near a blue ring over a dotted red',
      'a colour of the backdrop here: black',
    ],
    ['a red circle moves right slowly near a blue ring over a fine', 'a pattern here: plain, striped'],
    ['a red circle moves right slowly near a blue ring over a dotted gray sky', "the word 'backdrop' here"],
    ['a red box', 'a shape here: circle, square, triangle, ring'],
  ])('each place says what it needs: %s', (prompt, need) => {
    expect(linesOf(() => parsePrompt(prompt))[3]).toContain(need);
  });
});
