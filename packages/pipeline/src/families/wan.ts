import { clipPixels, type VideoCodec } from '@skipstone/codecs';
import { firstFrames, type HostTensor, readJson, type VideoModel } from '@skipstone/core';
import { cleanPrompt } from '@skipstone/encoders';
import { imageCondition, openWan } from '@skipstone/models-wan';
import type { PipelineFolder } from '../parts/folder.js';
import { around, toVideo } from '../pictures.js';
import type { OpenPipelineOptions } from '../pipeline.js';
import { type FamilyParts, noInput } from './family.js';

/** Wan 2.1 and 2.2: text to video, image to video by condition channels or by a first frame. */
export async function wanParts(
  folder: PipelineFolder,
  options: OpenPipelineOptions,
  { side }: VideoCodec,
): Promise<FamilyParts> {
  const { name, variant, loras } = options;
  const model = await openWan(folder.path, {
    ...(name === undefined ? {} : { name }),
    ...{ variant, side },
    ...(loras && { loras }),
  });
  return {
    model,
    clean: cleanPrompt,
    empty: '',
    maxTokens: 512,
    examples: ['A cat walks on the grass, realistic style.'],
    ports: async ({ values }) => ({ text: values }),
    prepare: async (parts, inputs, { size, signal }) => {
      const { image, lastImage, video } = inputs;
      if (video) throw noInput(model.name, 'a video to go on from', 'a prompt, or a first image');
      if (!image) {
        if (model.fromImage) throw noInput(model.name, 'no image', 'the first image (--image)');
        return { model: parts.model, seen: {} };
      }
      const run = { ...parts.run, ...(signal && { signal }) };
      const first = toVideo([image], size);
      if (!model.fromImage) {
        if (lastImage) throw noInput(model.name, 'a last image', 'a first image alone');
        if (!takesFirstFrame(model))
          throw noInput(model.name, 'an image', 'a prompt alone: a text-to-video model');
        const clean = await parts.codec.encode(first, run);
        return {
          model: parts.model,
          given: firstFrames(model, { video: clean }),
          seen: { encoded_video: first, condition: clean },
        };
      }
      const whole = around(first, size.frames, 'grey', lastImage && toVideo([lastImage], size));
      const clean = await parts.codec.encode(whole, run);
      const given = imageCondition(model, clean, { lastFrame: lastImage !== undefined });
      const seen = { encoded_video: whole, posterior: clean };
      if (!parts.image) return { model: parts.model, given, seen };
      const origin = `${folder.at('image_processor')}/preprocessor_config.json`;
      const pixels = clipPixels(image, await readJson(origin), origin);
      const tokens = await parts.image.encode(pixels, run);
      return {
        model: withImage(parts.model, tokens),
        given,
        seen: { ...seen, pixel_values: pixels, image_embeds: tokens },
      };
    },
  };
}

const takesFirstFrame = ({ phases }: VideoModel): boolean =>
  phases.some(({ model }) => model.spec.clockRows !== undefined);

/** The model whose prompts come with the tokens of an image. */
function withImage(model: VideoModel, image: HostTensor): VideoModel {
  const { text } = model;
  if (!text) return model;
  const add = (ports: Readonly<Record<string, HostTensor>>) => ({ ...ports, image });
  return {
    ...model,
    text: {
      ...text,
      encode: async (prompt) => add(await text.encode(prompt)),
      encodeEmpty: async () => add(await text.encodeEmpty()),
      ...(text.encodeMany && {
        encodeMany: async (prompts) => ((await text.encodeMany?.(prompts)) ?? []).map(add),
      }),
    },
  };
}
