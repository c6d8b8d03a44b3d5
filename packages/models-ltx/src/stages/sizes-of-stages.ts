import { type JsonOptions, SkipstoneError, type VideoSize } from '@skipstone/core';
import type { LatentUpsampler } from '../upsampler/open-upsampler.js';
import type { TwoStages } from './open-two-stages.js';

/** Pixels of the result; the model's own size is that of the first stage. */
export function sizeOf(
  { first: { defaults }, upsampler }: TwoStages,
  { width, height, frames }: Pick<JsonOptions, 'width' | 'height' | 'frames'>,
): VideoSize {
  const [num, den] = upsampler.config.spatial ?? [1, 1];
  return {
    width: width ?? (defaults.width * num) / den,
    height: height ?? (defaults.height * num) / den,
    frames: frames ?? defaults.frames,
  };
}

/** Pixels of a latent. */
const SIDE = 32;

/** Pixels of the first stage. */
export function firstSize(
  { width, height, frames }: VideoSize,
  { config, name }: LatentUpsampler,
): VideoSize {
  const [num, den] = config.spatial ?? [1, 1];
  const step = SIDE * num;
  if (width % step === 0 && height % step === 0) {
    return { width: (width * den) / num, height: (height * den) / num, frames };
  }
  throw new SkipstoneError({
    code: 'size',
    what: `two stages: ${name} does not lead to this size`,
    have: `${width}x${height}`,
    need: `multiples of ${step}, for a scale of ${num / den}`,
    do: `use e.g. ${near(width, step)}x${near(height, step)}`,
  });
}

const near = (length: number, step: number): number => Math.max(1, Math.round(length / step)) * step;
