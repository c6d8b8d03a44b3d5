import { SkipstoneError } from '@skipstone/core';
import { promptOf } from './grammar.js';
import { randomOf } from './random.js';
import {
  BACKDROPS,
  COLOURS,
  DIRECTIONS,
  type Motion,
  PATTERNS,
  type Scene,
  SHAPES,
  SPEEDS,
} from './words.js';

const MOTIONS: readonly Motion[] = DIRECTIONS.flatMap((direction): readonly Motion[] =>
  direction === 'nowhere' ? [{ direction }] : SPEEDS.map((speed) => ({ direction, speed })),
);

/** Scenes there are: two unequal colours, two shapes, nine motions, patterns, backdrops. */
const SCENES =
  COLOURS.length *
  (COLOURS.length - 1) *
  SHAPES.length ** 2 *
  MOTIONS.length *
  PATTERNS.length *
  BACKDROPS.length;

/**
 * Valid prompts, all different, for tests and benchmarks: the same `count` and `seed` give the same prompts,
 * and a smaller count gives the first of them. `count` is 0 to 129 024, `seed` (default 0) any whole number.
 */
export function examplePrompts(count: number, seed = 0): readonly string[] {
  if (!Number.isInteger(count) || count < 0 || count > SCENES || !Number.isSafeInteger(seed)) {
    throw new SkipstoneError({
      code: 'prompt-examples',
      what: 'examplePrompts: there are no such examples',
      have: `count ${count}, seed ${seed}`,
      need: `count from 0 to ${SCENES}, both whole numbers`,
      do: 'ask for fewer, or round',
    });
  }
  const random = randomOf(seed);
  // The first `count` places of a shuffled 0 … SCENES − 1; only moved numbers are kept.
  const moved = new Map<number, number>();
  return Array.from({ length: count }, (_, i) => {
    const j = i + Math.floor(random() * (SCENES - i));
    const number = moved.get(j) ?? j;
    moved.set(j, moved.get(i) ?? i);
    return promptOf(sceneOf(number));
  });
}

/** Scene number 0 … SCENES − 1, read as digits of mixed bases. */
function sceneOf(number: number): Scene {
  let rest = number;
  const digit = (base: number): number => {
    const value = rest % base;
    rest = Math.floor(rest / base);
    return value;
  };
  const pick = <Item>(list: readonly Item[]): Item => list[digit(list.length)] as Item;
  const first = digit(COLOURS.length);
  const second = (first + 1 + digit(COLOURS.length - 1)) % COLOURS.length;
  return {
    moving: { colour: COLOURS[first] as (typeof COLOURS)[number], shape: pick(SHAPES) },
    motion: pick(MOTIONS),
    resting: { colour: COLOURS[second] as (typeof COLOURS)[number], shape: pick(SHAPES) },
    pattern: pick(PATTERNS),
    backdrop: pick(BACKDROPS),
  };
}
