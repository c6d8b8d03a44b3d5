import { SkipstoneError } from '@skipstone/core';

export function noLatents(name: string, have: readonly number[], channels: number): SkipstoneError {
  return new SkipstoneError({
    code: 'codec-latents',
    what: `${name}: these are not latents that it decodes`,
    have: `[${have.join(', ')}]`,
    need: `[${channels}, frames, height, width]`,
    do: 'give the latents of a model that this autoencoder belongs to',
  });
}

export function noVideo(name: string, have: readonly number[], side: number, frames: number): SkipstoneError {
  return new SkipstoneError({
    code: 'codec-video',
    what: `${name}: this is not a video that it encodes`,
    have: `[${have.join(', ')}]`,
    need: `[3, 1 + a multiple of ${frames}, height, width], sides a multiple of ${side}`,
    do: 'cut or resize the video',
  });
}
