import { faultOf } from '@skipstone/core/testing';
import { expect, test } from 'vitest';
import { examplePrompts } from './example-prompts.js';
import { parsePrompt, promptOf } from './grammar.js';

test('examples are valid, all different, and stay the same', () => {
  const prompts = examplePrompts(2000, 5);
  expect(new Set(prompts).size).toBe(2000);
  for (const prompt of prompts) expect(promptOf(parsePrompt(prompt))).toBe(prompt);
  expect(examplePrompts(2000, 5)).toEqual(prompts);
  expect(examplePrompts(3, 5)).toEqual(prompts.slice(0, 3));
  expect(examplePrompts(3, 6)).not.toEqual(prompts.slice(0, 3));
});

test('the first examples are these', () => {
  expect(examplePrompts(3)).toMatchInlineSnapshot(`
    [
      "a cyan square moves left slowly near an orange square over a plain gray backdrop",
      "a yellow circle moves left slowly near a green circle over a plain black backdrop",
      "a green triangle moves right slowly near an orange triangle over a dotted black backdrop",
    ]
  `);
  expect(examplePrompts(0)).toEqual([]);
});

test('every scene there is can be asked for', () => {
  const prompts = examplePrompts(129_024);
  expect(new Set(prompts).size).toBe(129_024);
});

test.each([[-1], [1.5], [129_025], [Number.NaN], [1, 0.5], [1, Number.POSITIVE_INFINITY]])(
  'count %d, seed %d is refused',
  (count, seed?: number) => {
    const { lines } = faultOf(() => examplePrompts(count, seed));
    expect(lines.code).toBe('prompt-examples');
    expect(lines.have).toBe(`count ${count}, seed ${seed ?? 0}`);
    expect(lines.need).toBe('count from 0 to 129024, both whole numbers');
  },
);
