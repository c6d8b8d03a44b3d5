import {
  type GridOptions,
  karrasLevels,
  type LatentSizes,
  type ModelDefaults,
  type Schedule,
} from '@skipstone/core';
import type { CosmosConfig } from './config.js';
import { COSMOS_SIZES } from './sizes.js';

/**
 * Cosmos-Predict2, video to world: 35 Euler steps on Karras' levels. Guidance counts from the conditional
 * prediction: 7 here is 8 in Wan's way. Source: diffusers 58eb52c0, Cosmos2VideoToWorldPipeline.__call__.
 */
const VIDEO: ModelDefaults = {
  width: 1280,
  height: 704,
  frames: 93,
  framesPerSecond: 16,
  steps: 35,
  guidance: 7,
  guidanceForm: 'cond',
  shift: 1,
  sampler: 'euler',
  schedules: { euler: 'karras', unipc: 'karras' },
};

/** Source: diffusers 58eb52c0, Cosmos2TextToImagePipeline.__call__. The original has guidance 4. */
const IMAGE: ModelDefaults = { ...VIDEO, width: 1360, height: 768, frames: 1 };

/** Source: diffusers 58eb52c0, Cosmos2_5_PredictBasePipeline.__call__. */
const LATER: ModelDefaults = {
  ...VIDEO,
  steps: 36,
  sampler: 'unipc',
  schedules: { unipc: 'karras-flow', euler: 'karras-flow' },
};

/** Name and defaults of a model of this size. */
export function cosmosUsual(config: CosmosConfig): {
  readonly name: string;
  readonly defaults: ModelDefaults;
} {
  const known = COSMOS_SIZES.find(
    (size) =>
      size.heads === config.heads &&
      size.blocks === config.blocks &&
      size.channelsIn === config.channels + Number(config.conditionMask) &&
      size.projectedFrom === config.projectedFrom,
  );
  const two = config.conditionMask ? VIDEO : IMAGE;
  return { name: known?.name ?? 'cosmos', defaults: config.projectedFrom === undefined ? two : LATER };
}

/** Of the autoencoder, which is Wan2.1's, and of the tables. */
export const latentSizes = ({ positions }: CosmosConfig): LatentSizes => ({
  side: 8,
  framesPerLatent: 4,
  positions,
});

/**
 * The grid of 2.5: Karras' levels from 200 to 0.01, told as σ = k/(k + 1), then 0. Noise is not scaled, although
 * σ begins at 0.995; the model receives σ. Source: diffusers 58eb52c0, Cosmos2_5_PredictBasePipeline.
 */
export function karrasFlow({ steps }: GridOptions): Schedule {
  const levels = karrasLevels(steps, { most: 200, least: 0.01, rho: 7 }).map((k) => k / (k + 1));
  return { name: 'karras-flow', sigmas: [...levels, 0], timesteps: levels };
}
