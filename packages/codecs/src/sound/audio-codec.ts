import {
  type ChainPlan,
  type ChainSettings,
  type HostTensor,
  openChain,
  openPart,
  planChain,
  runChain,
} from '@skipstone/core';
import { checkLatents } from '../checks.js';
import { readStatistics, STATISTICS } from '../statistics.js';
import { audioConfig } from './audio-config.js';
import { audioDecoder } from './audio-decoder.js';
import { type Sound, type SoundOptions, vocoder } from './vocoder.js';

export interface DecodedSound extends Sound {
  /** The mel spectrogram between, `[channels, moments, bins]`. */
  readonly mel: HostTensor;
}

/** Latents of sound, `[C, L, bins]` as the denoiser has them, to samples. */
export interface AudioCodec {
  readonly rate: number;
  readonly channels: number;
  plan(latents: readonly number[], settings: ChainSettings): readonly ChainPlan[];
  denormalised(latents: HostTensor): HostTensor;
  decode(latents: HostTensor, options: SoundOptions): Promise<DecodedSound>;
}

/** Opens the autoencoder and the vocoder of a pipeline's folder. Reads headers, configurations and a few numbers. */
export async function openAudioCodec(folders: {
  readonly vae: string;
  readonly vocoder: string;
}): Promise<AudioCodec> {
  const code = 'codec-config';
  const { json, origin, checkpoint } = await openPart('audio_vae', folders.vae, {
    code,
    part: 'autoencoder of sound',
    need: "LTX-2's autoencoder of sound",
  });
  const voice = await openPart('vocoder', folders.vocoder, {
    code,
    part: 'vocoder',
    need: "LTX-2's vocoder",
  });
  const config = audioConfig(json, origin);
  const ignore = [/^encoder\./, ...STATISTICS];
  const opened = openChain(audioDecoder(config, 'sound decoder'), checkpoint, { ignore });
  const bins = config.bins / 2 ** (config.widths.length - 1);
  const { mean, spread } = await readStatistics(checkpoint, config.channels * bins);
  const speaks = vocoder(voice.json, voice.origin, voice.checkpoint);
  const planDecoder = (shape: readonly number[], settings: ChainSettings): ChainPlan => {
    checkLatents('sound decoder', shape, config.channels, ['moments', 'bins']);
    return planChain(opened, [1, ...shape], settings);
  };
  // A token of sound is all channels of a moment: numbers are counted over (channel, bin).
  const denormalised = (latents: HostTensor): HostTensor => {
    const [, moments = 1, width = 1] = latents.shape;
    const data = (latents.data as Float32Array).map((value, i) => {
      const place = Math.floor(i / (moments * width)) * width + (i % width);
      return value * (spread[place] ?? 1) + (mean[place] ?? 0);
    });
    return { ...latents, data };
  };
  return {
    ...{ rate: speaks.rate, channels: config.channels, denormalised },
    plan: (shape, settings) => {
      const decoder = planDecoder(shape, settings);
      return [decoder, ...speaks.plan(decoder.output.slice(1), settings)];
    },
    decode: async (latents, { device, memoryBytes, ...run }) => {
      const settings = { device, memoryBytes };
      const plan = planDecoder(latents.shape, settings);
      const out = await runChain(plan, { ...denormalised(latents), shape: plan.input }, run);
      const mel = { ...out, shape: out.shape.slice(1) };
      return { ...(await speaks.run(mel, { ...settings, ...run })), mel };
    },
  };
}
