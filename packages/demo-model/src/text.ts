import {
  type Checkpoint,
  claimTensors,
  type HostTensor,
  type PromptEncoder,
  readTensor,
} from '@skipstone/core';
import { examplePrompts } from './example-prompts.js';
import { encodeWords } from './grammar.js';
import { SLOTS, WORDS } from './words.js';

/** Width of an encoded word. */
export const TEXT_WIDTH = 64;

/** The text encoder: `token.weight[id] + position.weight[slot]`, 16 slots, those without a word `<pad>`. */
export async function textEncoder(checkpoint: Checkpoint): Promise<PromptEncoder> {
  const claims = claimTensors(checkpoint);
  const token = await readTensor(claims.claim('token.weight', [WORDS.length, TEXT_WIDTH]));
  const position = await readTensor(claims.claim('position.weight', [SLOTS, TEXT_WIDTH]));
  claims.finish();

  const encode = (prompt: string): Readonly<Record<string, HostTensor>> => {
    const data = Float32Array.from(position.data, Number);
    encodeWords(prompt).forEach((id, slot) => {
      for (let i = 0; i < TEXT_WIDTH; i++) {
        data[slot * TEXT_WIDTH + i] =
          Number(position.data[slot * TEXT_WIDTH + i]) + Number(token.data[id * TEXT_WIDTH + i]);
      }
    });
    return { text: { type: 'float32', shape: [SLOTS, TEXT_WIDTH], data } };
  };
  return {
    encode: async (prompt) => encode(prompt),
    encodeEmpty: async () => encode(''),
    examples: examplePrompts(4),
    manyExamples: (count) => examplePrompts(count),
  };
}
