import { SkipstoneError } from '@skipstone/core';

/** Refuses a shape that is not `[channels, …]` with these axes behind. Error `codec-latents`. */
export function checkLatents(
  name: string,
  have: readonly number[],
  channels: number,
  axes: readonly string[] = ['frames', 'height', 'width'],
): void {
  if (have[0] === channels && have.length === axes.length + 1 && have.every((length) => length > 0)) return;
  throw new SkipstoneError({
    code: 'codec-latents',
    what: `${name}: these are not latents that it decodes`,
    have: `[${have.join(', ')}]`,
    need: `[${channels}, ${axes.join(', ')}]`,
    do: 'give the latents of a model that this autoencoder belongs to',
  });
}

/**
 * Refuses a shape that is no video `[3, F, H, W]` of whole latent positions, `side` pixels wide and, behind the first,
 * `frames` long. Error `codec-video`.
 */
export function checkVideo(name: string, have: readonly number[], side: number, frames: number): void {
  const [channels, count = 0, ...sides] = have;
  const fits = sides.length === 2 && sides.every((length) => length > 0 && length % side === 0);
  if (channels === 3 && fits && count > 0 && (count - 1) % frames === 0) return;
  throw new SkipstoneError({
    code: 'codec-video',
    what: `${name}: this is not a video that it encodes`,
    have: `[${have.join(', ')}]`,
    need: `[3, 1 + a multiple of ${frames}, height, width], sides a multiple of ${side}`,
    do: 'cut or resize the video',
  });
}
