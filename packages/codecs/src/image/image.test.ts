import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SkipstoneError } from '@skipstone/core';
import { temporaryFolder } from '@skipstone/core/testing';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { centreCrop, type Picture } from './picture.js';
import { readImage } from './read-image.js';
import { resize } from './resize.js';

const COLOURS = [230, 65, 47, 10, 200, 90, 0, 0, 0, 255, 255, 255, 120, 130, 140, 7, 8, 9];
const raw = (values: readonly number[], width: number, height: number, channels: 1 | 3 | 4) =>
  sharp(Uint8Array.from(values), { raw: { width, height, channels } });

describe('readImage', () => {
  const read = async (name: string, image: ReturnType<typeof sharp>): Promise<Picture> => {
    const path = join(await temporaryFolder('image'), name);
    await image.toFile(path);
    return readImage(path);
  };

  it('gives rows of red, green and blue', async () => {
    expect(await read('a.png', raw(COLOURS, 3, 2, 3).png())).toEqual({
      width: 3,
      height: 2,
      rgb: Uint8Array.from(COLOURS),
    });
    expect(await read('a.webp', raw(COLOURS, 3, 2, 3).webp({ lossless: true }))).toMatchObject({
      width: 3,
      height: 2,
    });
  });

  it('keeps the colours that are stored, whatever profile they have', async () => {
    const image = raw(COLOURS.slice(0, 3), 1, 1, 3).withIccProfile('p3').png();
    const path = join(await temporaryFolder('image'), 'p3.png');
    await image.toFile(path);
    const stored = await sharp(path, { ignoreIcc: true }).raw().toBuffer();
    expect((await readImage(path)).rgb).toEqual(new Uint8Array(stored));
  });

  it('turns a picture upright as it says itself', async () => {
    const turned = raw(COLOURS, 3, 2, 3).withMetadata({ orientation: 6 }).png();
    const { width, height, rgb } = await read('b.png', turned);
    expect([width, height]).toEqual([2, 3]);
    // The first row of what is seen is the first column of what is stored, from below.
    expect([...rgb.slice(0, 6)]).toEqual([...COLOURS.slice(9, 12), ...COLOURS.slice(0, 3)]);
  });

  it('makes colours of grey and of a palette, and drops what is transparent', async () => {
    const grey = await read('g.png', raw([5, 250], 2, 1, 1).toColourspace('b-w').png());
    expect([...grey.rgb]).toEqual([5, 5, 5, 250, 250, 250]);
    const palette = await read('p.png', raw(COLOURS, 3, 2, 3).png({ palette: true, dither: 0 }));
    expect([palette.width, palette.rgb.length]).toEqual([3, 18]);
    const clear = await read('t.png', raw([230, 65, 47, 0, 1, 2, 3, 255], 2, 1, 4).png());
    expect([...clear.rgb]).toEqual([230, 65, 47, 1, 2, 3]);
  });

  it('says of a file that is no picture what it is', async () => {
    const path = join(await temporaryFolder('image'), 'c.png');
    await writeFile(path, 'not a picture');
    const error = await readImage(path).catch((reason: unknown) => reason);
    expect(error instanceof SkipstoneError && [error.code, error.lines.what]).toEqual([
      'image-file',
      `${path}: this picture cannot be read`,
    ]);
    await expect(readImage(`${path}.none`)).rejects.toThrow('cannot be read');
  });
});

describe('resize', () => {
  const plain = (width: number, height: number, of: (x: number, y: number) => number): Picture => ({
    ...{ width, height },
    rgb: Uint8Array.from({ length: width * height * 3 }, (_, i) => {
      const at = Math.floor(i / 3);
      return of(at % width, Math.floor(at / width));
    }),
  });

  it.each(['lanczos', 'bicubic', 'bilinear'] as const)('%s leaves one colour as it is', (filter) => {
    const { width, height, rgb } = resize(
      plain(7, 5, () => 133),
      11,
      3,
      filter,
    );
    expect([width, height, new Set(rgb)]).toEqual([11, 3, new Set([133])]);
  });

  it('weighs what lies under a pixel by a triangle twice as wide, and stays within bytes', () => {
    const bars = plain(8, 1, (x) => (x % 4 < 2 ? 0 : 255));
    expect([...resize(bars, 4, 1, 'bilinear').rgb].filter((_, i) => i % 3 === 0)).toEqual([
      // ¾, ¾, ¼ of 0, 0, 255 over their sum at the edge; ¼, ¾, ¾, ¼ over 2 inside.
      ...[36, 191, 64, 219],
    ]);
    const sharpEdge = plain(8, 1, (x) => (x < 4 ? 0 : 255));
    const larger = [...resize(sharpEdge, 16, 1, 'lanczos').rgb];
    expect(Math.min(...larger)).toBe(0);
    expect(Math.max(...larger)).toBe(255);
  });

  it('crops the middle', () => {
    const { rgb } = centreCrop(
      plain(5, 4, (x, y) => 10 * y + x),
      { width: 2, height: 2 },
    );
    expect([...rgb].filter((_, i) => i % 3 === 0)).toEqual([11, 12, 21, 22]);
  });
});
