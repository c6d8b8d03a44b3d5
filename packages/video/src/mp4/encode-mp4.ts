import { SkipstoneError } from '@skipstone/core';
import { enlarge, packed } from '../enlarge.js';
import type { Frames } from '../frames.js';
import { colourMatrix } from './colour-matrix.js';
import { planes } from './planes.js';

/** The largest picture of H.264 level 5.1, in macroblocks of 16 x 16 pixels (ITU-T H.264 table A-1). */
const MOST_MACROBLOCKS = 36864;

/** An MP4 file that players open: H.264, 4:2:0, even sides, index first. Alpha is not kept. */
export async function encodeMp4(frames: Frames, scale: number, quantisation: number): Promise<Uint8Array> {
  const width = evenSide(frames.width * scale);
  const height = evenSide(frames.height * scale);
  if (macroblocks(width) * macroblocks(height) > MOST_MACROBLOCKS) throw tooLarge(width, height);
  // The libraries load when they are first needed.
  const [{ encodePictures }, { muxMp4 }] = await Promise.all([
    import('./encode-pictures.js'),
    import('./mux.js'),
  ]);
  try {
    const video = await encodePictures(pictures(frames, scale), { width, height, quantisation });
    return await muxMp4(video, frames.framesPerSecond);
  } catch (cause) {
    throw encoderFailed(width, height, cause);
  }
}

function evenSide(pixels: number): number {
  return pixels + (pixels % 2);
}

function macroblocks(pixels: number): number {
  return Math.ceil(pixels / 16);
}

/** One at a time, so that only one enlarged frame is in memory. */
function* pictures(frames: Frames, scale: number): Generator<Uint8Array> {
  for (const rgba of frames.rgba) {
    const enlarged = enlarge(packed(frames.width, frames.height, rgba), scale, true);
    yield planes(enlarged, colourMatrix(enlarged.width, enlarged.height));
  }
}

function tooLarge(width: number, height: number): SkipstoneError {
  return new SkipstoneError({
    code: 'write-size',
    what: 'write: the picture is too large for an .mp4 that players open',
    have: `${width} x ${height} pixels (${macroblocks(width) * macroblocks(height)} macroblocks)`,
    need: `${MOST_MACROBLOCKS} macroblocks of 16 x 16 pixels or fewer, for example 4096 x 2304 pixels`,
    do: 'pass a smaller scale, or write a folder of frames',
  });
}

function encoderFailed(width: number, height: number, cause: unknown): SkipstoneError {
  return new SkipstoneError({
    code: 'write-encoder',
    what: 'write: the video encoder failed',
    have: `${width} x ${height} pixels; ${cause instanceof Error ? cause.message : String(cause)}`,
    need: 'an encoder that takes these frames',
    do: 'write a folder of frames (a path with no ending), and please report this',
    cause,
  });
}
