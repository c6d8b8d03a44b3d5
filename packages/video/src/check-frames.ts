import { SkipstoneError } from '@skipstone/core';
import type { Frames } from './frames.js';

/** Throws where the frames cannot be a video: none, sizes that disagree, an impossible frame rate. */
export function checkFrames(frames: Frames): void {
  const { width, height, framesPerSecond, rgba } = frames;
  if (!isSide(width) || !isSide(height)) throw noArea(width, height);
  if (rgba.length === 0) throw noFrames();
  const bytesPerFrame = width * height * 4;
  const unequal = rgba.findIndex((frame) => frame.length !== bytesPerFrame);
  if (unequal !== -1) throw unequalFrame(frames, unequal, bytesPerFrame);
  if (!(framesPerSecond >= 0.1 && framesPerSecond <= 1000)) throw impossibleRate(framesPerSecond);
}

function isSide(pixels: number): boolean {
  return Number.isInteger(pixels) && pixels >= 1;
}

function noArea(width: number, height: number): SkipstoneError {
  return new SkipstoneError({
    code: 'write-frames',
    what: 'write: the frames have no area',
    have: `${width} x ${height} pixels`,
    need: 'whole numbers of 1 or more for width and height',
    do: 'check the size the model was asked for',
  });
}

function noFrames(): SkipstoneError {
  return new SkipstoneError({
    code: 'write-frames',
    what: 'write: there is nothing to write',
    have: '0 frames',
    need: '1 frame or more',
    do: 'check the number of frames the model was asked for',
  });
}

function unequalFrame(frames: Frames, index: number, bytesPerFrame: number): SkipstoneError {
  return new SkipstoneError({
    code: 'write-frames',
    what: `write: frame ${index + 1} of ${frames.rgba.length} has another size than the video`,
    have: `${frames.rgba[index]?.length ?? 0} bytes`,
    need: `${bytesPerFrame} bytes (${frames.width} x ${frames.height} pixels, 4 bytes each)`,
    do: 'give every frame the width and height of the video',
  });
}

function impossibleRate(framesPerSecond: number): SkipstoneError {
  return new SkipstoneError({
    code: 'write-frames',
    what: 'write: the frame rate is out of range',
    have: `${framesPerSecond} frames per second`,
    need: 'between 0.1 and 1000',
    do: 'check the frame rate the video was asked for',
  });
}
