/**
 * The words of the prompts, in the groups the grammar places them by. `weights/words.json` holds the same
 * for readers of the weights; a test compares the two.
 */
export const COLOURS = ['red', 'green', 'blue', 'yellow', 'purple', 'orange', 'white', 'cyan'] as const;
export const SHAPES = ['circle', 'square', 'triangle', 'ring'] as const;
export const BACKDROPS = ['black', 'gray', 'navy', 'brown'] as const;
export const PATTERNS = ['plain', 'striped', 'checkered', 'dotted'] as const;
export const DIRECTIONS = ['left', 'right', 'up', 'down', 'nowhere'] as const;
export const SPEEDS = ['slowly', 'quickly'] as const;

export type Colour = (typeof COLOURS)[number];
export type Shape = (typeof SHAPES)[number];
export type Backdrop = (typeof BACKDROPS)[number];
export type Pattern = (typeof PATTERNS)[number];
export type Direction = (typeof DIRECTIONS)[number];
export type Speed = (typeof SPEEDS)[number];

/** Every word by its id: the row of `token.weight` it stands for. */
export const WORDS: readonly string[] = [
  '<pad>',
  ...['a', 'moves', 'over', 'backdrop', 'near', 'an'],
  ...COLOURS,
  ...SHAPES,
  ...BACKDROPS,
  ...PATTERNS,
  ...DIRECTIONS,
  ...SPEEDS,
];

/** Slots of an encoded prompt; those without a word hold `<pad>`, id 0. */
export const SLOTS = 16;

/** One shape of the picture. */
export interface Figure {
  readonly colour: Colour;
  readonly shape: Shape;
}

/** Where the first shape goes and how fast; `nowhere` has no speed. */
export type Motion =
  | { readonly direction: 'nowhere' }
  | { readonly direction: Exclude<Direction, 'nowhere'>; readonly speed: Speed };

/** What a prompt says: a shape that moves, a shape of another colour that rests, a still backdrop. */
export interface Scene {
  readonly moving: Figure;
  readonly motion: Motion;
  readonly resting: Figure;
  readonly pattern: Pattern;
  readonly backdrop: Backdrop;
}
