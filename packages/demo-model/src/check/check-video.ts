import { type Frames, SkipstoneError } from '@skipstone/core';
import { PIXELS } from '../codec.js';
import { examplePrompts } from '../example-prompts.js';
import { parsePrompt } from '../grammar.js';
import { judge, type Verdict } from './judge.js';
import { readVideo } from './read-video.js';

/**
 * Holds a 64×64 video of at least 2 frames against its prompt: which backdrop, which figures by colour, how many, of
 * which shape, whether one rests and the other goes its way. The same video gives the same verdict. Throws
 * `check-size`, and what `parsePrompt` throws.
 */
export function checkVideo(video: Frames, prompt: string): Verdict {
  const scene = parsePrompt(prompt);
  const { width, height, rgba } = video;
  if (width === PIXELS && height === PIXELS && rgba.length > 1) return judge(readVideo(video), scene);
  throw new SkipstoneError({
    code: 'check-size',
    what: 'checkVideo: this is no video of the demo model',
    have: `${rgba.length} frames of ${width}x${height}`,
    need: `at least 2 frames of ${PIXELS}x${PIXELS}`,
    do: 'give the video as generate gives it',
  });
}

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
