import { type Grid, type ModelDefaults, SkipstoneError, type VideoSize } from '@skipstone/core';
import type { WanConfig } from './config.js';

/** Channels of the Wan2.2 autoencoder, which halves height and width once more than Wan2.1's. */
const WAN22_CHANNELS = 48;
/** Frames of the video to one latent frame, after the first. */
const FRAMES_PER_LATENT = 4;

/** What the published models are called. */
const KNOWN = [
  { name: 'wan2.1-t2v-1.3b', width: 1536, blocks: 30, channels: 16 },
  { name: 'wan2.1-t2v-14b', width: 5120, blocks: 40, channels: 16 },
  { name: 'wan2.2-ti2v-5b', width: 3072, blocks: 30, channels: WAN22_CHANNELS },
] as const;

/**
 * Wan2.1 text to video. Source: Wan-Video/Wan2.1 9737cba9, generate.py and wan/configs: 50 steps, guidance 5,
 * shift 5 at every size, UniPC, 81 frames at 16 a second; 832x480 is the size that 1.3B and 14B share.
 * A pipeline's own `flow_shift` goes before this shift: diffusers' files and documents have 3 for 480p.
 */
const WAN21: ModelDefaults = {
  width: 832,
  height: 480,
  frames: 81,
  framesPerSecond: 16,
  steps: 50,
  guidance: 5,
  guidanceForm: 'uncond',
  shift: 5,
  sampler: 'unipc',
  // Wan has no Euler of its own; this grid is shifted once, where diffusers' `euler-thousand` shifts its ends twice.
  schedules: { unipc: 'unipc-flow', euler: 'euler-flow' },
};

/** Source: Wan-Video/Wan2.2 42bf4cfa, wan/configs/wan_ti2v_5B.py: 1280x704, 121 frames at 24 a second. */
const WAN22_TI2V: ModelDefaults = { ...WAN21, width: 1280, height: 704, frames: 121, framesPerSecond: 24 };

/** Name and defaults of a model of this size. */
export function wanUsual(config: WanConfig): { readonly name: string; readonly defaults: ModelDefaults } {
  const known = KNOWN.find(
    ({ width, blocks, channels }) =>
      width === config.width && blocks === config.blocks && channels === config.channels,
  );
  const defaults = config.channels === WAN22_CHANNELS ? WAN22_TI2V : WAN21;
  return { name: known?.name ?? 'wan', defaults };
}

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
