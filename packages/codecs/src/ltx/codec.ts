import {
  type ChainPlan,
  type ChainSettings,
  type Checkpoint,
  type HostTensor,
  openChain,
  planChain,
  runChain,
} from '@skipstone/core';
import { noLatents, noVideo } from '../faults.js';
import { mapChannels } from '../frames.js';
import { drawnFrom } from '../posterior.js';
import { readStatistics, STATISTICS } from '../statistics.js';
import type { CodecPlan, VideoCodec } from '../video-codec.js';
import { ltxVaeConfig } from './config.js';
import { ltxDecoder } from './decoder.js';
import { ltxEncoder } from './encoder.js';

/** The video autoencoder of LTX-2 on its weights. */
export async function ltxCodec(json: unknown, origin: string, checkpoint: Checkpoint): Promise<VideoCodec> {
  const config = ltxVaeConfig(json, origin);
  const { channels, patch, up } = config;
  const name = 'ltx-2-vae';
  const decoder = openChain(ltxDecoder(config, `${name} decoder`), checkpoint, {
    ignore: [/^encoder\./, ...STATISTICS],
  });
  const encoder = openChain(ltxEncoder(config, `${name} encoder`), checkpoint, {
    ignore: [/^decoder\./, ...STATISTICS],
  });
  const [mean, spread] = await readStatistics(checkpoint, channels);
  const [framesPerLatent, side] = up.reduce(
    ([frames, pixels], { blocks }) => [frames * blocks[0], pixels * blocks[1]] as const,
    [1, patch] as readonly [number, number],
  );
  const ofDecode = (shape: readonly number[], settings: ChainSettings): ChainPlan => {
    if (shape[0] !== channels || shape.length !== 4) throw noLatents(name, shape, channels);
    return planChain(decoder, [1, ...shape], settings);
  };
  const ofEncode = (shape: readonly number[], settings: ChainSettings): ChainPlan => {
    const [c, frames = 0, ...sides] = shape;
    const fits = c === 3 && sides.length === 2 && sides.every((length) => length > 0 && length % side === 0);
    if (!fits || (frames - 1) % framesPerLatent !== 0) throw noVideo(name, shape, side, framesPerLatent);
    return planChain(encoder, [1, ...shape], settings);
  };
  const total = ({ peakBytes, spans }: ChainPlan): CodecPlan => ({
    peakBytes,
    flops: spans.reduce((sum, { flops }) => sum + flops, 0),
  });
  const scaled = (latents: HostTensor): HostTensor =>
    mapChannels(latents, (value, c) => value * (spread[c] ?? 1) + (mean[c] ?? 0));
  const normalised = (latents: HostTensor): HostTensor =>
    mapChannels(latents, (value, c) => (value - (mean[c] ?? 0)) / (spread[c] ?? 1));
  const posterior: VideoCodec['posterior'] = async (video, { device, memoryBytes, ...run }) => {
    const plan = ofEncode(video.shape, { device, memoryBytes });
    const made = await runChain(plan, { ...video, shape: plan.input }, run);
    return ofSharedVariance({ ...made, shape: made.shape.slice(1) }, channels);
  };
  return {
    ...{ name, channels, side, framesPerLatent, fingerprint: checkpoint.fingerprint },
    planDecode: (shape, settings) => total(ofDecode(shape, settings)),
    planEncode: (shape, settings) => total(ofEncode(shape, settings)),
    denormalised: scaled,
    normalised,
    posterior,
    async *decode(latents, { device, memoryBytes, ...run }) {
      const plan = ofDecode(latents.shape, { device, memoryBytes });
      const made = await runChain(plan, { ...scaled(latents), shape: plan.input }, run);
      yield { ...made, shape: made.shape.slice(1) };
    },
    async encode(video, { noise, ...options }) {
      const { mean: centre, deviation } = await posterior(video, options);
      return normalised(noise ? drawnFrom(name, centre, deviation, noise) : centre);
    },
  };
}

/** `[C + 1, T, h, w]`: the mean, and a log variance that all channels have. */
function ofSharedVariance({ shape: [, ...rest], data }: HostTensor, channels: number) {
  const size = rest.reduce((a, b) => a * b, 1);
  const mean = (data as Float32Array).slice(0, channels * size);
  const deviation = mean.map((_, i) => {
    const logVariance = Number(data[channels * size + (i % size)]);
    return Math.exp(Math.min(20, Math.max(-30, logVariance)) / 2);
  });
  const tensor = (values: Float32Array): HostTensor => ({
    type: 'float32',
    shape: [channels, ...rest],
    data: values,
  });
  return { mean: tensor(mean), deviation: tensor(deviation) };
}
