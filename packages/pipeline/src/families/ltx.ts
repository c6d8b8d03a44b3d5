import { openAudioCodec } from '@skipstone/codecs';
import {
  firstFrames,
  openCheckpoint,
  type PlanSettings,
  readJson,
  selfTest,
  type VideoModel,
} from '@skipstone/core';
import type { EncodedText } from '@skipstone/encoders';
import { connectorsConfig, type OpenLtxOptions, openLtx, textConnectors } from '@skipstone/models-ltx';
import type { PipelineFolder } from '../parts/folder.js';
import { toVideo } from '../pictures.js';
import type { OpenPipelineOptions } from '../pipeline.js';
import { type FamilyParts, noInput } from './family.js';

/** GFLOP/s assumed of the connectors, which are too small for it to matter. */
const USUAL_FLOPS = 150e9;

/** LTX-2: video and sound, from a prompt and, where it is given, a first image. */
export async function ltxParts(folder: PipelineFolder, options: OpenPipelineOptions): Promise<FamilyParts> {
  const { name, variant, loras, fps, ltx = {}, threads = 0 } = options;
  const sound = await openAudioCodec({ vae: folder.at('audio_vae'), vocoder: folder.at('vocoder') });
  const open = (more: OpenLtxOptions): Promise<VideoModel> =>
    openLtx(folder.path, {
      ...(name === undefined ? {} : { name }),
      variant,
      ...(loras && { loras }),
      ...(fps === undefined ? {} : { fps }),
      ...{ audioChannels: sound.channels, ...ltx, ...more },
    });
  const origin = `${folder.at('connectors')}/config.json`;
  const connectors = textConnectors(
    connectorsConfig(await readJson(origin), origin),
    await openCheckpoint(folder.at('connectors')),
    'ltx-2 connectors',
  );
  const model = await open({});
  return {
    ...{ model, sound, empty: '', maxTokens: 1024 },
    clean: (prompt) => prompt.trim(),
    examples: ['Rain falls on a tin roof while a cat sleeps by the window, soft thunder far away.'],
    ports: async ({ values, first, count }: EncodedText) => {
      const [rows = 0, width = 0, layers = 1] = values.shape;
      const states = { ...values, shape: [rows, width * layers] };
      const mask = Array.from({ length: rows }, (_, row) => row >= first && row < first + count);
      return connectors.encode({ states, mask }, { settings: await connectorSettings(), threads });
    },
    prepare: async (parts, { image, lastImage, video }, { size, signal }) => {
      if (lastImage || video)
        throw noInput(model.name, lastImage ? 'a last image' : 'a video', 'a prompt, or a first image');
      if (!image) return { model: parts.model, seen: {} };
      const first = toVideo([image], size);
      const clean = await parts.codec.encode(first, { ...parts.run, ...(signal && { signal }) });
      const { phases } = await open({ firstFrame: true });
      const given = { ...parts.model, phases };
      return {
        model: given,
        given: firstFrames(given, { video: clean }),
        seen: { encoded_video: first, condition: clean },
      };
    },
  };
}

async function connectorSettings(): Promise<PlanSettings> {
  const { operators } = await selfTest('cpu', 'float32');
  return {
    ...{ device: 'cpu', compute: 'float32', weights: 'mapped' },
    ...{ decompose: operators, flopsPerSecond: USUAL_FLOPS },
  };
}
