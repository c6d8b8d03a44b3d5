import type { ModelSpec, VideoModel } from '@skipstone/core';
import {
  COSMOS_SIZES,
  cosmosConfig,
  configOfSize as cosmosConfigOf,
  cosmosTransformer,
  openCosmos,
} from '@skipstone/models-cosmos';
import {
  LTX_SIZES,
  ltxConfig,
  configOfSize as ltxConfigOf,
  ltxTransformer,
  openLtx,
} from '@skipstone/models-ltx';
import {
  openWan,
  WAN_SIZES,
  wanConfig,
  configOfSize as wanConfigOf,
  wanTransformer,
} from '@skipstone/models-wan';

/** `config.json` of a transformer. */
export type Config = Readonly<Record<string, unknown>>;

/** A published model, as its adapter knows it: enough to make up a checkpoint of its shapes and open that. */
export interface PublishedModel {
  readonly name: string;
  /** Transformers of one shape: one, or one for high and one for low noise. */
  readonly experts: 1 | 2;
  readonly config: Config;
  /** The model of such a `config.json`, with everything it can be given: a first frame, keyframes. */
  spec(config: Config): ModelSpec;
  open(folder: string): Promise<VideoModel>;
  /** Lengths of its conditions' axes, as its pipelines pad them. */
  readonly lengths: Readonly<Record<string, number>>;
}

/** Channels of Wan2.2's own autoencoder: the model that reads a first frame as tokens. */
const WAN22_CHANNELS = 48;

const WAN: readonly PublishedModel[] = WAN_SIZES.map((size) => ({
  name: size.name,
  experts: size.experts,
  config: wanConfigOf(size),
  spec: (config) => {
    const firstFrame = size.channels === WAN22_CHANNELS;
    return wanTransformer(wanConfig(config, size.name, { firstFrame }), size.name);
  },
  open: openWan,
  lengths: { S: 512, ...(size.imageWidth ? { I: 257 } : {}) },
}));

const COSMOS: readonly PublishedModel[] = COSMOS_SIZES.map((size) => ({
  name: size.name,
  experts: 1,
  config: cosmosConfigOf(size),
  spec: (config) => cosmosTransformer(cosmosConfig(config, size.name), size.name),
  open: openCosmos,
  lengths: { S: 512 },
}));

const LTX: readonly PublishedModel[] = LTX_SIZES.map((size) => ({
  name: size.name,
  experts: 1,
  config: ltxConfigOf(size),
  spec: (config) =>
    ltxTransformer(ltxConfig(config, size.name), size.name, { firstFrame: true, keyframes: size.keyframes }),
  open: openLtx,
  lengths: { S: 1024 },
}));

/** Every model that an adapter of this repository has by name. */
export const PUBLISHED: readonly PublishedModel[] = [...WAN, ...COSMOS, ...LTX];

export function publishedNamed(name: string): PublishedModel {
  const model = PUBLISHED.find((one) => one.name === name);
  if (model) return model;
  throw new TypeError(`${name} is published`);
}
