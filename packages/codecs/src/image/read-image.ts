import { SkipstoneError } from '@skipstone/core';
import type { Picture } from './picture.js';

/** Pixels of the largest picture that is opened. */
const MOST_PIXELS = 2 ** 28;

/**
 * Reads a PNG, JPEG or WebP (and what else libvips knows) as red, green and blue: turned upright as it says itself, grey
 * and palettes as colours, transparency dropped. Colours are those that are stored, whatever profile the file has, as Pillow
 * gives them. Error `image-file`.
 */
export async function readImage(path: string): Promise<Picture> {
  const { default: sharp } = await import('sharp');
  try {
    const image = sharp(path, { limitInputPixels: MOST_PIXELS, failOn: 'error', ignoreIcc: true });
    const upright = image.rotate().removeAlpha().toColourspace('srgb');
    const { data, info } = await upright.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, rgb: new Uint8Array(data) };
  } catch (cause) {
    throw new SkipstoneError({
      code: 'image-file',
      what: `${path}: this picture cannot be read`,
      have: cause instanceof Error ? cause.message.slice(0, 160) : 'an unreadable file',
      need: 'a PNG, JPEG or WebP of at most 268 million pixels',
      do: 'check the path, or save the picture anew',
      cause,
    });
  }
}
