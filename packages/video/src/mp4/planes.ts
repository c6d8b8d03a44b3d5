import type { Pixels } from '../enlarge.js';
import type { ColourMatrix } from './colour-matrix.js';

/**
 * Packed RGBA pixels as 4:2:0 planes of limited range: luma [height, width] in 16..235, then blue and red
 * chroma [height / 2, width / 2] each in 16..240. Sides must be even. Chroma is the mean of its 2 x 2
 * pixels.
 */
export function planes(pixels: Pixels, matrix: ColourMatrix): Uint8Array {
  const { width, height, values } = pixels;
  const yuv = new Uint8Array((width * height * 3) / 2);
  let blueAt = width * height;
  let redAt = blueAt + blueAt / 4;
  for (let y = 0; y < height; y += 2) {
    for (let x = 0; x < width; x += 2) {
      let red = 0;
      let green = 0;
      let blue = 0;
      for (const at of [y * width + x, y * width + x + 1, (y + 1) * width + x, (y + 1) * width + x + 1]) {
        const value = values[at] ?? 0;
        const r = value & 255;
        const g = (value >> 8) & 255;
        const b = (value >> 16) & 255;
        yuv[at] = LUMA_BASE + lumaOf(matrix, r, g, b) * LUMA_STEP;
        red += r;
        green += g;
        blue += b;
      }
      const luma = lumaOf(matrix, red, green, blue);
      yuv[blueAt++] = CHROMA_BASE + ((blue - luma) / (1 - matrix.blue)) * CHROMA_STEP;
      yuv[redAt++] = CHROMA_BASE + ((red - luma) / (1 - matrix.red)) * CHROMA_STEP;
    }
  }
  return yuv;
}

/** The halves round to nearest, because storing into a byte array truncates. */
const LUMA_BASE = 16.5;
const CHROMA_BASE = 128.5;
const LUMA_STEP = 219 / 255;
/** Sums of four pixels, and differences that span -255..255 before the division by 2. */
const CHROMA_STEP = 224 / 255 / 2 / 4;

function lumaOf(matrix: ColourMatrix, red: number, green: number, blue: number): number {
  return matrix.red * red + (1 - matrix.red - matrix.blue) * green + matrix.blue * blue;
}
