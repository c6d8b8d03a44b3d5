import {
  type ChainPlan,
  type ChainSettings,
  type Checkpoint,
  type HostTensor,
  openChain,
  openPart,
  planChain,
  type RunChainOptions,
  renamed,
  runChain,
} from '@skipstone/core';
import { clipChain, unreadOf } from './clip/chain.js';
import { clipConfig } from './clip/config.js';

/** The image encoder of Wan2.1's image to video. */
export interface ImageEncoder {
  /** Pixels of a side. */
  readonly side: number;
  /** Tokens, one of the whole and one a patch, and their width. */
  readonly tokens: number;
  readonly width: number;
  readonly fingerprint: string;
  plan(settings: ChainSettings): ChainPlan;
  /** Pixels `[3, side, side]`, normalised as CLIP's, to the state before the last layer, `[tokens, width]`. */
  encode(pixels: HostTensor, options: ChainSettings & Omit<RunChainOptions, 'watch'>): Promise<HostTensor>;
}

/** Opens the image encoder of a pipeline's folder, its own folder or its file. Reads headers only. */
export async function openImageEncoder(path: string): Promise<ImageEncoder> {
  const { json, origin, checkpoint } = await openPart('image_encoder', path, {
    code: 'encoder-config',
    part: 'image encoder',
    need: 'a CLIP vision encoder',
  });
  return imageEncoder(json, origin, checkpoint);
}

export function imageEncoder(json: unknown, origin: string, from: Checkpoint): ImageEncoder {
  const config = clipConfig(json, origin);
  const { side, patch, width } = config;
  const checkpoint = renamed(from, (name) => name.replace(/^vision_model\./, ''));
  const chain = openChain(clipChain(config, 'clip'), checkpoint, { ignore: unreadOf(config) });
  const plan = (settings: ChainSettings): ChainPlan => planChain(chain, [1, 3, side, side], settings);
  return {
    ...{ side, tokens: (side / patch) ** 2 + 1, width, fingerprint: checkpoint.fingerprint, plan },
    encode: (pixels, { device, memoryBytes, ...run }) =>
      runChain(plan({ device, memoryBytes }), { ...pixels, shape: [1, ...pixels.shape] }, run),
  };
}
