import { SkipstoneError, type VideoModel } from '@skipstone/core';
import { needsImage } from '../files/given.js';

/** Traces are of many prompts, and a model of image to video would need an image for each. */
export function assertNoImage(model: VideoModel, command: 'trace' | 'calibrate'): void {
  if (!needsImage(model)) return;
  throw new SkipstoneError({
    code: 'option-conflict',
    what: `skipstone ${command}: ${model.name} draws from an image, which a trace has none of`,
    have: 'a model of image to video',
    need: 'a model that can draw from text alone',
    do: 'name a threshold yourself: skipstone generate … --plugin galaxy-cache:0.1 --reference --report run.html',
  });
}
