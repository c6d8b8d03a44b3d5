import { openVideoCodec, type VideoCodec } from '@skipstone/codecs';
import { assertKnownOptions, type VideoModel } from '@skipstone/core';
import { openImageEncoder, openTextEncoder } from '@skipstone/encoders';
import { cosmosParts } from './families/cosmos.js';
import type { FamilyParts } from './families/family.js';
import { wanParts } from './families/wan.js';
import { type PipelineFolder, readFolder } from './parts/folder.js';
import { decoded } from './pictures.js';
import type { OpenPipelineOptions, Pipeline } from './pipeline.js';
import { promptEncoder } from './prompts.js';

const OPTIONS = ['name', 'maxTokens', 'variant', 'loras', 'fps', 'threads', 'memoryBytes', 'promptCache'];

const FAMILIES: Readonly<
  Record<
    string,
    (folder: PipelineFolder, options: OpenPipelineOptions, codec: VideoCodec) => Promise<FamilyParts>
  >
> = { wan: wanParts, cosmos: cosmosParts };

/**
 * Opens a model's whole folder in diffusers' layout, or a hub's cache of it. Reads headers and configurations; an encoder
 * loads when a prompt is encoded and is gone before the transformer loads, which is gone before the decoder does.
 * Errors `pipeline-folder`, `pipeline-part`, and those of its parts.
 */
export async function openPipeline(path: string, options: OpenPipelineOptions = {}): Promise<Pipeline> {
  assertKnownOptions('openPipeline', options, OPTIONS);
  const folder = await readFolder(path);
  const codec = await openVideoCodec(folder.at('vae'));
  const family = await FAMILIES[folder.family]?.(folder, options, codec);
  if (!family) throw new TypeError(`${folder.family} has no parts`);
  const { maxTokens = family.maxTokens, threads, memoryBytes } = options;
  const text = await openTextEncoder({
    ...{ weights: folder.at('text_encoder'), tokenizer: folder.at('tokenizer'), maxTokens },
  });
  const image = folder.parts.has('image_encoder')
    ? await openImageEncoder(folder.at('image_encoder'))
    : undefined;
  const run = {
    device: 'cpu',
    ...(threads === undefined ? {} : { threads }),
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
  } as const;
  const { framesPerSecond } = family.model.defaults;
  const model: VideoModel = {
    ...family.model,
    text: promptEncoder({ ...family, encoder: text, run }),
    codec: {
      decode: ({ video }) => {
        if (!video) throw new TypeError(`${family.model.name} gave no video`);
        return decoded(codec, video, framesPerSecond, run);
      },
    },
  };
  return {
    ...{ path: folder.path, family: folder.family, model, text, codec, image, clean: family.clean },
    prepare: (inputs, how) => family.prepare({ model, codec, image, run }, inputs, how),
  };
}
