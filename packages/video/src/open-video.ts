import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { makeTemporary, placeTemporary, removeTemporary, writeError } from '@skipstone/core';
import { checkCount, checkFrame, checkSize } from './check-frames.js';
import { enlarge, packed } from './enlarge.js';
import { fittingScale } from './fitting-scale.js';
import { type Format, formatOf } from './format-of.js';
import type { FrameSink, FrameSize } from './frames.js';
import { openFolder } from './place-folder.js';
import { checkOptions, WRITE_DEFAULTS, type WriteOptions } from './write-options.js';

/** What was written, for the line a person reads. */
export interface Written {
  /** Absolute. */
  readonly path: string;
  readonly format: Format;
  /** The factor by which frames were enlarged. */
  readonly scale: number;
}

/** A video that is being written; it appears under its name when it is closed. An error gives it up. */
export interface VideoWriter extends FrameSink {
  readonly written: Written;
}

/**
 * Opens what `path` says: a video (.mp4), an animation (.gif), a contact sheet (.png), or a folder of frames (no
 * ending, or a last `/`). Missing folders are made. The encoders load when they are first needed. An .mp4 and a folder
 * need no more memory for more frames; the other two keep all frames until the end, since one palette and one picture
 * are made of all of them.
 */
export async function openVideo(
  path: string,
  size: FrameSize,
  options: WriteOptions = {},
): Promise<VideoWriter> {
  const format = formatOf(path);
  checkOptions(options, format);
  checkSize(size);
  const scale = options.scale ?? fittingScale(format, size.width, size.height);
  const target = resolve(path);
  const sink = await SINKS[format]({
    ...{ target, size },
    options: { ...WRITE_DEFAULTS, ...given(options), scale },
  }).catch((cause: unknown) => {
    throw writeError(target, cause);
  });
  const orGiveUp = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (cause) {
      await sink.abandon().catch(() => undefined);
      throw writeError(target, cause);
    }
  };
  let frames = 0;
  return {
    written: { path: target, format, scale },
    add: (rgba) =>
      orGiveUp(async () => {
        checkFrame(size, rgba, frames);
        frames += 1;
        await sink.add(rgba);
      }),
    close: () =>
      orGiveUp(async () => {
        checkCount(frames);
        await sink.close();
      }),
    abandon: () => sink.abandon(),
  };
}

interface Asked {
  readonly target: string;
  readonly size: FrameSize;
  readonly options: Required<WriteOptions>;
}

const SINKS = {
  mp4: ({ target, size, options }) =>
    placed(target, async (temporary) => {
      const { openMp4 } = await import('./mp4/open-mp4.js');
      return openMp4(temporary, size, options);
    }),
  gif: ({ target, size, options }) =>
    gathered(target, async (rgba) => {
      const { encodeGif } = await import('./gif/encode-gif.js');
      return encodeGif({ ...size, rgba }, options.scale);
    }),
  png: ({ target, size: { width, height }, options: { scale, gapPixels } }) =>
    gathered(target, async (rgba) => {
      const { contactSheet } = await import('./png/contact-sheet.js');
      const { encodePng } = await import('./png/encode-png.js');
      const pictures = rgba.map((frame) => enlarge(packed(width, height, frame), scale, false));
      return encodePng(contactSheet(pictures, gapPixels));
    }),
  folder: async ({ target, size: { width, height }, options: { scale } }) => {
    const { encodePng } = await import('./png/encode-png.js');
    const { write, ...rest } = await openFolder(target);
    let index = 0;
    const add = (rgba: Uint8ClampedArray): Promise<void> => {
      index += 1;
      const name = `frame-${String(index).padStart(4, '0')}.png`;
      return write(name, encodePng(enlarge(packed(width, height, rgba), scale, false)));
    };
    return { add, ...rest };
  },
} as const satisfies Record<Format, (asked: Asked) => Promise<FrameSink>>;

/** A sink whose file appears under its name when it is closed. */
async function placed(target: string, open: (temporary: string) => Promise<FrameSink>): Promise<FrameSink> {
  await mkdir(dirname(target), { recursive: true });
  const temporary = await makeTemporary(dirname(target), 'file');
  const sink = await open(temporary).catch(async (cause: unknown) => {
    await removeTemporary(temporary);
    throw cause;
  });
  return {
    add: sink.add,
    close: async () => {
      await sink.close();
      await placeTemporary(temporary, target);
      await removeTemporary(temporary);
    },
    abandon: async () => {
      await sink.abandon();
      await removeTemporary(temporary);
    },
  };
}

/** A sink that keeps its frames until a file can be made of all of them. */
function gathered(
  target: string,
  encode: (rgba: readonly Uint8ClampedArray[]) => Promise<Uint8Array>,
): Promise<FrameSink> {
  const frames: Uint8ClampedArray[] = [];
  return placed(target, async (temporary) => ({
    add: async (rgba) => {
      frames.push(rgba);
    },
    close: async () => writeFile(temporary, await encode(frames), { flag: 'r+', flush: true }),
    abandon: async () => {
      frames.length = 0;
    },
  }));
}

/** Options without the fields that are present but undefined, which would hide a default. */
function given(options: WriteOptions): WriteOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
