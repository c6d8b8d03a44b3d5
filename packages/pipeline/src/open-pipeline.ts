import { openVideoCodec, type VideoCodec } from '@skipstone/codecs';
import { assertKnownOptions, type HostTensor, type VideoModel } from '@skipstone/core';
import { openImageEncoder, openTextEncoder } from '@skipstone/encoders';
import { cosmosParts } from './families/cosmos.js';
import { type FamilyParts, noInput } from './families/family.js';
import { ltxParts } from './families/ltx.js';
import { wanParts } from './families/wan.js';
import { type PipelineFolder, readFolder } from './parts/folder.js';
import { decoded } from './pictures.js';
import type { OpenPipelineOptions, Pipeline } from './pipeline.js';
import { promptEncoder } from './prompts.js';

const OPTIONS = ['name', 'maxTokens', 'variant', 'loras', 'fps', 'ltx', 'threads', 'memoryBytes'];

/** The rows of `[channels, samples]`. */
const channelsOf = ({ shape: [channels = 1, length = 0], data }: HostTensor): readonly Float32Array[] =>
  Array.from({ length: channels }, (_, c) => (data as Float32Array).slice(c * length, (c + 1) * length));

const FAMILIES: Readonly<
  Record<
    string,
    (folder: PipelineFolder, options: OpenPipelineOptions, codec: VideoCodec) => Promise<FamilyParts>
  >
> = { wan: wanParts, cosmos: cosmosParts, ltx: ltxParts };

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
  if (options.ltx && folder.family !== 'ltx')
    throw noInput(family.model.name, 'options of LTX-2 (ltx)', 'none of them');
  const { maxTokens = family.maxTokens, threads, memoryBytes } = options;
  const text = await openTextEncoder({
    ...{ weights: folder.at('text_encoder'), tokenizer: folder.at('tokenizer'), maxTokens },
  });
  const image = folder.parts.has('image_encoder')
    ? await openImageEncoder(folder.at('image_encoder'))
    : undefined;
  const run = {
    device: 'cpu',
    memoryBytes,
    ...(threads === undefined ? {} : { threads }),
  } as const;
  const { framesPerSecond } = family.model.defaults;
  const model: VideoModel = {
    ...family.model,
    text: promptEncoder({ ...family, encoder: text, run }),
    codec: {
      decode: async ({ video, audio }) => {
        if (!video) throw new TypeError(`${family.model.name} gave no video`);
        const frames = await decoded(codec, video, framesPerSecond, run);
        if (!audio || !family.sound) return frames;
        const { rate, samples } = await family.sound.decode(audio, run);
        return { ...frames, sound: { rate, samples: channelsOf(samples) } };
      },
    },
  };
  const pipeline: Pipeline = {
    ...{ path: folder.path, family: folder.family, model, text, codec, image, clean: family.clean },
    sound: family.sound,
    prepare: (inputs, how) => family.prepare({ model, codec, image, run }, inputs, how),
  };
  known.set(model, pipeline);
  return pipeline;
}

const known = new WeakMap<VideoModel, Pipeline>();

/** The pipeline that a model was opened as a part of; `undefined` for a transformer alone. */
export const pipelineOf = (model: VideoModel): Pipeline | undefined => known.get(model);
