import { dirname } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { makeTemporary, removeTemporary, SkipstoneError } from '@skipstone/core';
import { enlarge, packed } from '../enlarge.js';
import type { FrameSink, FrameSize } from '../frames.js';
import { colourMatrix } from './colour-matrix.js';
import { planes } from './planes.js';

/** The largest picture of H.264 level 5.1, in macroblocks of 16 x 16 pixels (ITU-T H.264 table A-1). */
const MOST_MACROBLOCKS = 36864;

/**
 * An MP4 file that players open: H.264, 4:2:0, even sides, index first. Alpha is not kept. One enlarged frame is in
 * memory; what is coded of the others lies beside `path`, a file that is there, until the end.
 */
export async function openMp4(
  path: string,
  size: FrameSize,
  { scale, quantisation }: { readonly scale: number; readonly quantisation: number },
): Promise<FrameSink> {
  const width = evenSide(size.width * scale);
  const height = evenSide(size.height * scale);
  if (macroblocks(width) * macroblocks(height) > MOST_MACROBLOCKS) throw tooLarge(width, height);
  // The libraries load when they are first needed.
  const [{ openPictureEncoder }, { withCodedVideo }, { muxMp4 }] = await Promise.all([
    import('./encode-pictures.js'),
    import('./coded-video.js'),
    import('./mux.js'),
  ]);
  const coded = await makeTemporary(dirname(path), 'file');
  const labelled = async <T>(work: () => Promise<T>): Promise<T> =>
    work().catch((cause: unknown) => {
      throw isOfFiles(cause) ? cause : encoderFailed(width, height, cause);
    });
  const encoder = await labelled(() => openPictureEncoder(coded, { width, height, quantisation })).catch(
    async (cause: unknown) => {
      await removeTemporary(coded);
      throw cause;
    },
  );
  const end = async (): Promise<void> => {
    try {
      encoder.end();
    } finally {
      await removeTemporary(coded);
    }
  };
  return {
    add: (rgba) =>
      labelled(async () => {
        const enlarged = enlarge(packed(size.width, size.height, rgba), scale, true);
        encoder.add(planes(enlarged, colourMatrix(enlarged.width, enlarged.height)));
        await setImmediate(); // A turn of the event loop, so that Ctrl-C and progress lines work.
      }),
    close: () =>
      labelled(async () => {
        try {
          encoder.end();
          await withCodedVideo(coded, (video) => muxMp4(video, path, size.framesPerSecond));
        } finally {
          await end();
        }
      }),
    abandon: end,
  };
}

function evenSide(pixels: number): number {
  return pixels + (pixels % 2);
}

function macroblocks(pixels: number): number {
  return Math.ceil(pixels / 16);
}

/** Errors of the file system say by their code what is wrong. */
const isOfFiles = (cause: unknown): boolean => cause instanceof Error && 'syscall' in cause;

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
