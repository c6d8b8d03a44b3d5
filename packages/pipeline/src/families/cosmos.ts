import { firstFrames, type HostTensor } from '@skipstone/core';
import { openCosmos } from '@skipstone/models-cosmos';
import type { PipelineFolder } from '../parts/folder.js';
import { around, firstLatents, toVideo } from '../pictures.js';
import type { OpenPipelineOptions } from '../pipeline.js';
import { type FamilyParts, noInput } from './family.js';
import { seededLike } from './seeded.js';

/** Used unless another is given, as in NVIDIA's pipelines. Source: DEFAULT_NEGATIVE_PROMPT, Cosmos2 pipelines of diffusers. */
const NEGATIVE =
  'The video captures a series of frames showing ugly scenes, static with no motion, motion blur, over-saturation, shaky footage, low resolution, grainy texture, pixelated images, poorly lit areas, underexposed and overexposed scenes, poor color balance, washed out colors, choppy sequences, jerky movements, low frame rate, artifacting, color banding, unnatural transitions, outdated special effects, fake elements, unconvincing visuals, poorly edited content, jump cuts, visual noise, and flickering. Overall, the video is of poor quality.';

/** Cosmos-Predict2: text to image, an image or a video to world. */
export async function cosmosParts(
  folder: PipelineFolder,
  options: OpenPipelineOptions,
): Promise<FamilyParts> {
  const { name, variant, loras, fps } = options;
  const model = await openCosmos(folder.path, {
    ...(name === undefined ? {} : { name }),
    variant,
    ...(loras && { loras }),
    ...(fps === undefined ? {} : { fps }),
  });
  const fromVideo = folder.className === 'Cosmos2VideoToWorldPipeline';
  return {
    model,
    clean: (prompt) => prompt,
    empty: NEGATIVE,
    maxTokens: 512,
    examples: ['A robot arm picks up a red cup from a table.'],
    ports: async ({ values }) => ({ text: values }),
    prepare: async (parts, { image, lastImage, video, posteriorNoise }, { size, seed = 0, signal }) => {
      if (lastImage) throw noInput(model.name, 'a last image', 'a first image, or a video');
      const pictures = video ?? (image ? [image] : []);
      if (!fromVideo) {
        if (pictures.length === 0) return { model: parts.model, seen: {} };
        throw noInput(model.name, 'an image', 'a prompt alone: a text-to-image model');
      }
      if (pictures.length === 0)
        throw noInput(
          model.name,
          'a prompt alone',
          'a first image (--image), or in code frames to go on from ({ video })',
        );
      const used = pictures.length >= size.frames ? pictures.slice(-size.frames) : pictures;
      const whole = around(toVideo(used, size), size.frames, 'last');
      const grid = parts.model.grid(size);
      const shape = parts.model.latentShape(grid).video ?? [];
      const noise: HostTensor = posteriorNoise ?? seededLike(shape, seed);
      const latents = await parts.codec.encode(whole, { ...parts.run, ...(signal && { signal }), noise });
      const clean = firstLatents(latents, Math.floor((used.length - 1) / parts.codec.framesPerLatent) + 1);
      return {
        model: parts.model,
        given: firstFrames(parts.model, { video: clean }),
        seen: { encoded_video: whole, conditioning_latents: clean },
      };
    },
  };
}
