import { SkipstoneError } from '@skipstone/core';
import type { FrameSize, Frames } from './frames.js';

/** Throws where there can be no such video: no area, an impossible frame rate. */
export function checkSize({ width, height, framesPerSecond }: FrameSize): void {
  if (!isSide(width) || !isSide(height)) throw noArea(width, height);
  if (!(framesPerSecond >= 0.1 && framesPerSecond <= 1000)) throw impossibleRate(framesPerSecond);
}

/** Throws where a video has no frame. */
export function checkCount(frames: number): void {
  if (frames === 0) throw noFrames();
}

/** Throws where a frame, the `index`th, has another size than the video. */
export function checkFrame(size: FrameSize, rgba: Uint8ClampedArray, index: number): void {
  const bytes = size.width * size.height * 4;
  if (rgba.length !== bytes) throw unequalFrame(size, index, rgba.length, bytes);
}

/** Throws where the frames cannot be a video: none, sizes that disagree, an impossible frame rate. */
export function checkFrames(frames: Frames): void {
  checkSize(frames);
  checkCount(frames.rgba.length);
  for (const [index, rgba] of frames.rgba.entries()) checkFrame(frames, rgba, index);
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

function unequalFrame(size: FrameSize, index: number, have: number, need: number): SkipstoneError {
  return new SkipstoneError({
    code: 'write-frames',
    what: `write: frame ${index + 1} has another size than the video`,
    have: `${have} bytes`,
    need: `${need} bytes (${size.width} x ${size.height} pixels, 4 bytes each)`,
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
