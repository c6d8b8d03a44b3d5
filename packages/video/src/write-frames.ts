import { checkFrames } from './check-frames.js';
import { formatOf } from './format-of.js';
import type { Frames } from './frames.js';
import { openVideo, type Written } from './open-video.js';
import { checkOptions, type WriteOptions } from './write-options.js';

/** Writes frames where `path` says (see `openVideo`). All of them are checked before anything is written. */
export async function writeFrames(
  path: string,
  frames: Frames,
  options: WriteOptions = {},
): Promise<Written> {
  checkOptions(options, formatOf(path));
  checkFrames(frames);
  const video = await openVideo(path, frames, options);
  for (const rgba of frames.rgba) await video.add(rgba);
  await video.close();
  return video.written;
}
