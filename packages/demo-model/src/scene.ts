import type { Backdrop, Colour, Direction, Pattern, Shape, Speed } from './words.js';

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
