import {
  type ChainPlan,
  type ChainSettings,
  type Checkpoint,
  denormalised,
  normalised,
  openChain,
  planChain,
  runChain,
} from '@skipstone/core';
import { checkLatents, checkVideo } from '../checks.js';
import { drawnFrom, ofMoments } from '../posterior.js';
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
  const statistics = await readStatistics(checkpoint, channels);
  const [framesPerLatent, side] = up.reduce(
    ([frames, pixels], { blocks }) => [frames * blocks[0], pixels * blocks[1]] as const,
    [1, patch] as readonly [number, number],
  );
  const ofDecode = (shape: readonly number[], settings: ChainSettings): ChainPlan => {
    checkLatents(name, shape, channels);
    return planChain(decoder, [1, ...shape], settings);
  };
  const ofEncode = (shape: readonly number[], settings: ChainSettings): ChainPlan => {
    checkVideo(name, shape, side, framesPerLatent);
    return planChain(encoder, [1, ...shape], settings);
  };
  const total = ({ peakBytes, spans }: ChainPlan): CodecPlan => ({
    peakBytes,
    flops: spans.reduce((sum, { flops }) => sum + flops, 0),
  });
  const posterior: VideoCodec['posterior'] = async (video, { device, memoryBytes, ...run }) => {
    const plan = ofEncode(video.shape, { device, memoryBytes });
    const made = await runChain(plan, { ...video, shape: plan.input }, run);
    return ofMoments({ ...made, shape: made.shape.slice(1) }, channels);
  };
  return {
    ...{ name, channels, side, framesPerLatent, fingerprint: checkpoint.fingerprint },
    planDecode: (shape, settings) => total(ofDecode(shape, settings)),
    planEncode: (shape, settings) => total(ofEncode(shape, settings)),
    denormalised: (latents) => denormalised(latents, statistics),
    normalised: (latents) => normalised(latents, statistics),
    posterior,
    async *decode(latents, { device, memoryBytes, ...run }) {
      const plan = ofDecode(latents.shape, { device, memoryBytes });
      const made = await runChain(plan, { ...denormalised(latents, statistics), shape: plan.input }, run);
      yield { ...made, shape: made.shape.slice(1) };
    },
    async encode(video, { noise, ...options }) {
      const { mean: centre, deviation } = await posterior(video, options);
      return normalised(noise ? drawnFrom(name, centre, deviation, noise) : centre, statistics);
    },
  };
}
