import { resolve } from 'node:path';
import { checkFrames } from './check-frames.js';
import { enlarge, type Pixels, packed } from './enlarge.js';
import { fittingScale } from './fitting-scale.js';
import { type Format, formatOf } from './format-of.js';
import type { Frames } from './frames.js';
import { placeFile } from './place-file.js';
import { type NamedBytes, placeFolder } from './place-folder.js';
import { checkOptions, WRITE_DEFAULTS, type WriteOptions } from './write-options.js';

/** What was written, for the line a person reads. */
export interface Written {
  /** Absolute. */
  readonly path: string;
  readonly format: Format;
  /** The factor by which frames were enlarged. */
  readonly scale: number;
}

/**
 * Writes frames where `path` says: a video (.mp4), an animation (.gif), a contact sheet (.png), or a folder
 * of frames (no ending, or a last `/`). Missing folders are made. The encoders load when they are first
 * needed.
 */
export async function writeFrames(
  path: string,
  frames: Frames,
  options: WriteOptions = {},
): Promise<Written> {
  const format = formatOf(path);
  checkOptions(options, format);
  checkFrames(frames);
  const scale = options.scale ?? fittingScale(format, frames.width, frames.height);
  const target = resolve(path);
  await WRITERS[format](target, frames, { ...WRITE_DEFAULTS, ...given(options), scale });
  return { path: target, format, scale };
}

type Writer = (target: string, frames: Frames, options: Required<WriteOptions>) => Promise<void>;

const WRITERS = {
  mp4: async (target, frames, { scale, quantisation }) => {
    const { encodeMp4 } = await import('./mp4/encode-mp4.js');
    await placeFile(target, await encodeMp4(frames, scale, quantisation));
  },
  gif: async (target, frames, { scale }) => {
    const { encodeGif } = await import('./gif/encode-gif.js');
    await placeFile(target, await encodeGif(frames, scale));
  },
  png: async (target, frames, { scale, gapPixels }) => {
    const { contactSheet } = await import('./png/contact-sheet.js');
    const { encodePng } = await import('./png/encode-png.js');
    await placeFile(target, encodePng(contactSheet([...pictures(frames, scale)], gapPixels)));
  },
  folder: async (target, frames, { scale }) => {
    const { encodePng } = await import('./png/encode-png.js');
    const names = frames.rgba.map((_, index) => `frame-${String(index + 1).padStart(4, '0')}.png`);
    await placeFolder(target, names, namedPngs(names, pictures(frames, scale), encodePng));
  },
} as const satisfies Record<Format, Writer>;

/** Options without the fields that are present but undefined, which would hide a default. */
function given(options: WriteOptions): WriteOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function* pictures(frames: Frames, scale: number): Generator<Pixels> {
  for (const rgba of frames.rgba) yield enlarge(packed(frames.width, frames.height, rgba), scale, false);
}

/** One at a time, so that a long video is never in memory as PNG files. */
function* namedPngs(
  names: readonly string[],
  frames: Iterable<Pixels>,
  encode: (frame: Pixels) => Uint8Array,
): Generator<NamedBytes> {
  let index = 0;
  for (const frame of frames) yield { name: names[index++] ?? '', bytes: encode(frame) };
}
