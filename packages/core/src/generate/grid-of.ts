import { SkipstoneError } from '../error.js';
import type { Grid } from '../spec/model.js';
import type { JsonOptions } from './options.js';
import type { VideoModel } from './video-model.js';

/**
 * The size of the latents of a video; the model refuses sizes it has not. Error `model-size` where one leaves a stream
 * without a token, such as sound that is too short for one.
 */
export function gridOf(
  model: VideoModel,
  { width, height, frames }: Pick<JsonOptions, 'width' | 'height' | 'frames'>,
): Grid {
  const { defaults } = model;
  const grid = model.grid({
    width: width ?? defaults.width,
    height: height ?? defaults.height,
    frames: frames ?? defaults.frames,
  });
  assertStreams(model, grid);
  return grid;
}

function assertStreams(model: VideoModel, grid: Grid): void {
  const empty = Object.entries(model.latentShape(grid)).find(([, shape]) => !shape.every((n) => n >= 1));
  if (!empty) return;
  const [stream, shape] = empty;
  throw new SkipstoneError({
    code: 'model-size',
    what: `${model.name}: a video of this size has no ${stream}`,
    have: `latents [${shape.join(', ')}] of ${stream}`,
    need: 'at least one value on every axis',
    do: 'ask for more frames, or for fewer a second',
  });
}
