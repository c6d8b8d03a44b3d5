import { examplePrompts } from '../example-prompts.js';

/** A prompt and the seed of its noise. */
export interface CheckCase {
  readonly prompt: string;
  readonly seed: number;
}

/** Prompts of the check begin with this seed; they are none of those that calibration and examples begin with. */
const PROMPT_SEED = 7;
/** Videos of a check. */
export const CHECK_COUNT = 100;

/** The fixed prompts that the model is scored on, the noise seed counting from 0. */
export const checkCases = (count: number = CHECK_COUNT): readonly CheckCase[] =>
  examplePrompts(count, PROMPT_SEED).map((prompt, seed) => ({ prompt, seed }));
