import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { withTemporary } from '@skipstone/core';
import type { Frames } from '../frames.js';
import { openMp4 } from './open-mp4.js';

/** The bytes of an MP4 file (see `openMp4`), made in the system's folder for temporary files. */
export function encodeMp4(frames: Frames, scale: number, quantisation: number): Promise<Uint8Array> {
  return withTemporary(tmpdir(), 'file', async (file) => {
    const video = await openMp4(file, frames, { scale, quantisation });
    try {
      for (const rgba of frames.rgba) await video.add(rgba);
      await video.close();
    } finally {
      await video.abandon();
    }
    return readFile(file);
  });
}
