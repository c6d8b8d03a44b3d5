import { firstFrames, type Given, type HostTensor, SkipstoneError, type VideoModel } from '@skipstone/core';

export interface KeptFrames {
  /** What the first stage was given. */
  readonly given: Given | undefined;
  /** Latents `[C, T, h, w]` of the first stage, and as they are for the second. */
  readonly small: HostTensor;
  readonly large: HostTensor;
}

/**
 * Clean first frames of the second stage: those that the first stage kept, as the upsampler has them (diffusers; the
 * original encodes the image again at the full size: give that as the second stage's own).
 */
export function keptFrames(model: VideoModel, { given, small, large }: KeptFrames): Given | undefined {
  const pinned = given?.pinned?.video;
  if (!pinned) return undefined;
  const [, , smallHeight = 1, smallWidth = 1] = small.shape;
  const frames = pinned.rows.length / (smallHeight * smallWidth);
  if (!Number.isInteger(frames) || pinned.rows.some((row, i) => row !== i))
    throw notWhole(pinned.rows.length);
  const [channels = 1, , height = 1, width = 1] = large.shape;
  const size = large.data.length / channels;
  const kept = frames * height * width;
  const data = new Float32Array(channels * kept);
  for (let c = 0; c < channels; c++) {
    data.set((large.data as Float32Array).subarray(c * size, c * size + kept), c * kept);
  }
  return firstFrames(model, { video: { type: 'float32', shape: [channels, frames, height, width], data } });
}

function notWhole(rows: number): SkipstoneError {
  return new SkipstoneError({
    code: 'ltx-two-stages',
    what: 'two stages: the clean tokens given are not whole first frames',
    have: `${rows} tokens of video`,
    need: 'all tokens of the first frames, to be taken over into the second stage',
    do: 'give them with firstFrames, or pass { second: { given } } of the full size',
  });
}
