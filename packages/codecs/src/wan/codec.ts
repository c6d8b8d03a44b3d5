import {
  type CausalPlan,
  type ChainSettings,
  type Checkpoint,
  denormalised,
  type HostTensor,
  normalised,
  openCausal,
  planCausal,
  renamed,
  runCausal,
} from '@skipstone/core';
import { checkLatents, checkVideo } from '../checks.js';
import { chunkOf, joined } from '../frames.js';
import { drawnFrom, ofMoments } from '../posterior.js';
import type { CodecPlan, VideoCodec } from '../video-codec.js';
import { wanVaeConfig } from './config.js';
import { wanDecoder } from './decoder.js';
import { wanEncoder } from './encoder.js';
import { wanVaeName } from './names.js';

/** The autoencoder of Wan or Cosmos-Predict2 on its weights. */
export function wanCodec(json: unknown, origin: string, from: Checkpoint): VideoCodec {
  const config = wanVaeConfig(json, origin);
  const checkpoint = renamed(from, wanVaeName);
  const { channels, statistics } = config;
  const name = config.residual ? 'wan2.2-vae' : 'wan2.1-vae';
  const decoder = openCausal(wanDecoder(config, `${name} decoder`), checkpoint, {
    ignore: [/^encoder\./, /^quant_conv\./],
  });
  const encoder = openCausal(wanEncoder(config, `${name} encoder`), checkpoint, {
    ignore: [/^decoder\./, /^post_quant_conv\./],
  });
  const side = 2 ** (config.down.length - 2) * config.patch;
  const framesPerLatent = 2 ** config.temporal.filter(Boolean).length;
  const ofDecode = (shape: readonly number[], settings: ChainSettings): CausalPlan => {
    checkLatents(name, shape, channels);
    const [, frames = 0, ...sides] = shape;
    const chunk = [1, channels, 1, ...sides];
    return planCausal(decoder, { first: chunk, ...(frames > 1 && { next: chunk }) }, settings);
  };
  const ofEncode = (shape: readonly number[], settings: ChainSettings): CausalPlan => {
    checkVideo(name, shape, side, framesPerLatent);
    const [, frames = 0, ...sides] = shape;
    const next = [1, 3, framesPerLatent, ...sides];
    return planCausal(encoder, { first: [1, 3, 1, ...sides], ...(frames > 1 && { next }) }, settings);
  };
  const total = ({ peakBytes, first, next }: CausalPlan, chunks: number): CodecPlan => ({
    peakBytes,
    flops: first.flops + (chunks - 1) * (next?.flops ?? 0),
  });
  const posterior: VideoCodec['posterior'] = async (video, { device, memoryBytes, ...run }) => {
    const plan = ofEncode(video.shape, { device, memoryBytes });
    const frames = video.shape[1] ?? 0;
    const later = Array.from({ length: (frames - 1) / framesPerLatent }, (_, i) => 1 + i * framesPerLatent);
    const chunks = [
      chunkOf(video, 0, 1),
      ...later.map((from) => chunkOf(video, from, from + framesPerLatent)),
    ];
    const made: HostTensor[] = [];
    for await (const one of runCausal(plan, chunks, run)) made.push({ ...one, shape: one.shape.slice(1) });
    return ofMoments(joined(made), channels);
  };
  return {
    ...{ name, channels, side, framesPerLatent, fingerprint: checkpoint.fingerprint },
    planDecode: (shape, settings) => total(ofDecode(shape, settings), shape[1] ?? 1),
    planEncode: (shape, settings) =>
      total(ofEncode(shape, settings), 1 + ((shape[1] ?? 1) - 1) / framesPerLatent),
    async *decode(latents, { device, memoryBytes, ...run }) {
      const plan = ofDecode(latents.shape, { device, memoryBytes });
      const scaled = denormalised(latents, statistics);
      const frames = latents.shape[1] ?? 0;
      const chunks = Array.from({ length: frames }, (_, t) => chunkOf(scaled, t, t + 1));
      for await (const made of runCausal(plan, chunks, run)) {
        yield { ...made, shape: made.shape.slice(1), data: clamped(made.data as Float32Array) };
      }
    },
    posterior,
    denormalised: (latents) => denormalised(latents, statistics),
    normalised: (latents) => normalised(latents, statistics),
    async encode(video, { noise, ...options }) {
      const { mean: centre, deviation } = await posterior(video, options);
      return normalised(noise ? drawnFrom(name, centre, deviation, noise) : centre, statistics);
    },
  };
}

const clamped = (data: Float32Array): Float32Array => data.map((value) => Math.min(1, Math.max(-1, value)));
