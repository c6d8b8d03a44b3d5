import { type Grid, SkipstoneError, type VideoSize } from '@skipstone/core';
import type { WanConfig } from './config.js';
import { WAN22_CHANNELS } from './sizes.js';

/** Frames of the video to one latent frame, after the first. */
const FRAMES_PER_LATENT = 4;

/** Latents of a video: T = (F − 1)/4 + 1; height and width by 8 (Wan2.2's autoencoder: 16). */
export function wanGrid(name: string, config: WanConfig, { width, height, frames }: VideoSize): Grid {
  const side = config.channels === WAN22_CHANNELS ? 16 : 8;
  // A token is 2×2 latent pixels.
  if (![width, height].every((pixels) => pixels > 0 && pixels % (2 * side) === 0)) {
    const need = `width and height in multiples of ${2 * side}`;
    const nearest = [width, height].map((pixels) => Math.max(1, Math.round(pixels / (2 * side))) * 2 * side);
    throw sizeFault(name, `${width}x${height}`, need, `ask for ${nearest.join('x')}`);
  }
  const T = (frames - 1) / FRAMES_PER_LATENT + 1;
  if (!Number.isInteger(T) || T < 1) {
    const nearest = Math.max(0, Math.round(T - 1)) * FRAMES_PER_LATENT + 1;
    throw sizeFault(name, `${frames} frames`, '4k + 1 frames: 1, 5, 9, … 81', `ask for ${nearest}`);
  }
  const grid = { frames: T, height: height / side, width: width / side };
  const longest = Math.max(T, grid.height / 2, grid.width / 2);
  if (longest > config.maxPositions) {
    const need = `at most ${config.maxPositions}, the length of its rotary tables`;
    throw sizeFault(name, `${longest} positions on one axis`, need, 'ask for a smaller video');
  }
  return grid;
}

function sizeFault(name: string, have: string, need: string, todo: string): SkipstoneError {
  const what = `${name}: a video of this size has no latents`;
  return new SkipstoneError({ code: 'model-size', what, have, need, do: todo });
}
