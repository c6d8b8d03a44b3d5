/** A rectangle of 32-bit pixels, row by row from the top: packed colours, or palette indices. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly values: Uint32Array;
}

/** RGBA bytes as packed pixels: a copy, because a view needs an offset that is a multiple of 4. */
export function packed(width: number, height: number, rgba: Uint8ClampedArray): Pixels {
  return { width, height, values: new Uint32Array(rgba.slice().buffer) };
}

/**
 * Nearest neighbour by an integer factor: each pixel becomes a square, so edges stay edges. Where `even` is
 * set and a side comes out odd, the last row or column is repeated once (4:2:0 video has a chroma sample per
 * 2 x 2).
 */
export function enlarge(pixels: Pixels, scale: number, even: boolean): Pixels {
  const width = sideOf(pixels.width, scale, even);
  const height = sideOf(pixels.height, scale, even);
  if (width === pixels.width && height === pixels.height) return pixels;
  const values = new Uint32Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = Math.min(Math.floor(y / scale), pixels.height - 1) * pixels.width;
    if (y % scale > 0) {
      values.copyWithin(y * width, (y - 1) * width, y * width);
      continue;
    }
    for (let x = 0; x < width; x++) {
      values[y * width + x] = pixels.values[row + Math.min(Math.floor(x / scale), pixels.width - 1)] ?? 0;
    }
  }
  return { width, height, values };
}

function sideOf(pixels: number, scale: number, even: boolean): number {
  const side = pixels * scale;
  return even ? side + (side % 2) : side;
}
