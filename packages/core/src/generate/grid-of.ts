import type { Grid } from '../spec/model.js';
import type { JsonOptions } from './options.js';
import type { VideoModel } from './video-model.js';

/** The size of the latents of a video; the model refuses sizes it has not. */
export function gridOf(
  model: VideoModel,
  { width, height, frames }: Pick<JsonOptions, 'width' | 'height' | 'frames'>,
): Grid {
  const { defaults } = model;
  return model.grid({
    width: width ?? defaults.width,
    height: height ?? defaults.height,
    frames: frames ?? defaults.frames,
  });
}
