import {
  type Given,
  type Grid,
  type HostTensor,
  patchify,
  SkipstoneError,
  type VideoModel,
} from '@skipstone/core';
import { CONDITION } from './embed.js';

/** A latent frame holds four frames of the video, the first one a single frame, four times. */
const FRAMES_PER_LATENT = 4;

export interface ImageConditionOptions {
  /** True if the video's last frame is an image, too. Default false. */
  readonly lastFrame?: boolean;
}

/**
 * What an image-to-video model is given: `video` are the latents `[16, T, Y, X]` of a video whose first frame is
 * the image and whose others are grey (0 in −1 to 1), normalised as the codec has them. Beside them go four
 * channels of a mask: 1 where a frame of the video is given, 0 elsewhere. Latents that come with a mask in front,
 * `[20, T, Y, X]` as diffusers' pipelines make them, stay as they are. Give the result to `generate` as `given`;
 * for a model that reads an image encoder's tokens those go into `embeds`, as `image` of each branch.
 * Errors: `wan-given` for a model without condition channels, latents of another shape, or two masks.
 */
export function imageCondition(
  model: VideoModel,
  video: HostTensor,
  { lastFrame = false }: ImageConditionOptions = {},
): Given {
  const width = model.phases[0]?.model.spec.tableSpecs[CONDITION]?.width;
  const [channels = 0, frames = 0, height = 0, columns = 0] = video.shape;
  const whole = width === undefined ? 0 : width / 4;
  const latents = whole - FRAMES_PER_LATENT;
  const fits = video.shape.length === 4 && (channels === latents || (channels === whole && !lastFrame));
  if (width === undefined || !fits) {
    const need =
      latents > 0 ? `[${latents}, T, Y, X], or with a mask [${whole}, T, Y, X]` : `[${whole}, T, Y, X]`;
    throw new SkipstoneError({
      code: 'wan-given',
      what: `${model.name}: it cannot be given this image`,
      have: width === undefined ? 'a model without condition channels' : `[${video.shape.join(', ')}]`,
      need: width === undefined ? 'an image-to-video model' : need,
      do:
        lastFrame && channels === whole
          ? 'leave lastFrame out: the mask that is there says what is given'
          : 'encode the image at the head of a grey video, or leave it out for text to video',
    });
  }
  const grid = { frames, height, width: columns };
  if (channels === whole) return conditionGiven(whole, video, grid);
  const area = height * columns;
  const data = new Float32Array(whole * frames * area);
  for (let c = 0; c < FRAMES_PER_LATENT; c++) data.fill(1, c * frames * area, (c * frames + 1) * area);
  const lastOfMask = FRAMES_PER_LATENT * frames * area;
  if (lastFrame) data.fill(1, lastOfMask - area, lastOfMask);
  data.set(Float32Array.from(video.data, Number), lastOfMask);
  return conditionGiven(whole, { type: 'float32', shape: [whole, frames, height, columns], data }, grid);
}

/** Condition channels `[C in − C, T, Y, X]` as the table that every pass reads. */
export function conditionGiven(channels: number, condition: HostTensor, grid: Grid): Given {
  return { tables: { [CONDITION]: patchify(condition, channels, grid) } };
}
