import { type Frames, SkipstoneError } from '@skipstone/core';
import { interpolateViridis } from 'd3-scale-chromatic';

/** How tokens lie in a video: latent frames, each of rows and columns, in this order. */
export interface TokenGrid {
  readonly frames: number;
  readonly rows: number;
  readonly columns: number;
}

/** How much of the colour lies over the picture, 0 to 1: enough to read both. */
const COVER = 0.6;

/**
 * A value of each token as colours over the frames it decodes to (Viridis, dark is low). The first latent
 * frame is the first frame, each later one an equal share of the rest, as causal video codecs have it.
 * `domain`: values of the first and the last colour. Throws a `SkipstoneError` unless there is one value a token.
 */
export function tokenMap(
  video: Frames,
  grid: TokenGrid,
  values: readonly number[],
  domain: readonly [number, number] = [0, 1],
): Frames {
  if (values.length !== grid.frames * grid.rows * grid.columns) throw wrongCount(grid, values.length);
  const colours = values.map((value) => rgbOf((value - domain[0]) / (domain[1] - domain[0])));
  const { width, height } = video;
  const rgba = video.rgba.map((frame, f) => {
    const mapped = new Uint8ClampedArray(frame.length).fill(255);
    for (let y = 0; y < height; y++) {
      const row =
        latentFrame(f, video.rgba.length, grid.frames) * grid.rows + Math.floor((y * grid.rows) / height);
      for (let x = 0; x < width; x++) {
        const colour = colours[row * grid.columns + Math.floor((x * grid.columns) / width)] ?? [0, 0, 0];
        const at = 4 * (y * width + x);
        const grey = luma(frame, at);
        for (let c = 0; c < 3; c++) mapped[at + c] = (1 - COVER) * grey + COVER * (colour[c] ?? 0);
      }
    }
    return mapped;
  });
  return { ...video, rgba };
}

/** The latent frame that a frame comes from. */
export function latentFrame(frame: number, frames: number, latentFrames: number): number {
  if (frame === 0 || latentFrames === 1) return 0;
  return 1 + Math.floor(((frame - 1) * (latentFrames - 1)) / (frames - 1));
}

/** The picture lies below in grey, so that colour says one thing only. BT.601 weights. */
const luma = (rgba: Uint8ClampedArray, at: number): number =>
  0.299 * (rgba[at] ?? 0) + 0.587 * (rgba[at + 1] ?? 0) + 0.114 * (rgba[at + 2] ?? 0);

function rgbOf(share: number): readonly number[] {
  const hex = interpolateViridis(Math.min(1, Math.max(0, share)));
  return [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
}

function wrongCount({ frames, rows, columns }: TokenGrid, have: number): SkipstoneError {
  return new SkipstoneError({
    code: 'token-map',
    what: 'tokenMap: these values are not those of this grid',
    have: `${have} values`,
    need: `one a token of ${frames} frames of ${rows} x ${columns}`,
    do: 'pass the values of one stream, in the order of its tokens',
  });
}
