import { SkipstoneError } from '../error.js';
import type { Grid } from '../spec/model.js';

/** What an autoencoder and a transformer make of pixels. */
export interface LatentSizes {
  /** Pixels to a latent pixel, on either side. */
  readonly side: number;
  /** A token is so many latent pixels on either side. Default 2. */
  readonly patch?: number;
  /** Frames of the video to one latent frame, after the first. */
  readonly framesPerLatent: number;
  /** Most positions on an axis: latent frames, rows and columns of tokens. */
  readonly positions: readonly [number, number, number];
}

interface Size {
  readonly width: number;
  readonly height: number;
  readonly frames: number;
}

/** The latents of a video: T = (F − 1)/framesPerLatent + 1, height and width over `side`. */
export function latentGrid(model: string, { width, height, frames }: Size, sizes: LatentSizes): Grid {
  const { side, patch = 2, framesPerLatent: per, positions } = sizes;
  const whole = patch * side;
  if (![width, height].every((pixels) => pixels > 0 && pixels % whole === 0)) {
    const nearest = [width, height].map((pixels) => Math.max(1, Math.round(pixels / whole)) * whole);
    const need = `width and height in multiples of ${whole}`;
    throw fault(model, `${width}x${height}`, need, `ask for ${nearest.join('x')}`);
  }
  const T = (frames - 1) / per + 1;
  if (!Number.isInteger(T) || T < 1) {
    const nearest = Math.max(0, Math.round(T - 1)) * per + 1;
    throw fault(model, `${frames} frames`, `${per}k + 1 frames: 1, ${per + 1}, …`, `ask for ${nearest}`);
  }
  const grid = { frames: T, height: height / side, width: width / side };
  const axes = [T, grid.height / patch, grid.width / patch];
  const at = axes.findIndex((count, axis) => count > (positions[axis] ?? 0));
  if (at < 0) return grid;
  throw fault(
    model,
    axes.join('×'),
    `at most ${positions.join('×')} latent frames, rows and columns of tokens`,
    'ask for a smaller video',
  );
}

function fault(model: string, have: string, need: string, todo: string): SkipstoneError {
  const what = `${model}: a video of this size has no latents`;
  return new SkipstoneError({ code: 'model-size', what, have, need, do: todo });
}
