import {
  assertKnownOptions,
  type ChainPlan,
  type ChainSettings,
  type Checkpoint,
  findPart,
  type HostTensor,
  type OpenChain,
  openChain,
  openCheckpoint,
  planChain,
  type RunChainOptions,
  readJson,
  runChain,
  SkipstoneError,
} from '@skipstone/core';
import { type Toning, toned } from './toning.js';
import { BLUR, upsamplerChain } from './upsampler-chain.js';
import { type UpsamplerConfig, upsamplerConfig } from './upsampler-config.js';

export interface UpsampleOptions extends ChainSettings, RunChainOptions, Toning {}

/** The latent upsampler of an LTX-2 release. */
export interface LatentUpsampler {
  readonly name: string;
  readonly config: UpsamplerConfig;
  readonly chain: OpenChain;
  /** What it would run on latents `[C, T, h, w]`; refuses what does not fit. Loads no weights. */
  plan(latents: readonly number[], settings: ChainSettings): ChainPlan;
  /** Denormalised latents `[C, T, h, w]`, float32, in their new size. */
  upsample(latents: HostTensor, options: UpsampleOptions): Promise<HostTensor>;
}

export interface OpenUpsamplerOptions {
  /** What messages call it. Default `latent upsampler`. */
  readonly name?: string;
}

/**
 * Opens a latent upsampler: a pipeline's folder with `latent_upsampler`, a folder with `config.json`, or a
 * `.safetensors` file whose metadata has the original's configuration. Reads headers only.
 */
export async function openLatentUpsampler(
  path: string,
  options: OpenUpsamplerOptions = {},
): Promise<LatentUpsampler> {
  assertKnownOptions('openLatentUpsampler', options, ['name']);
  const { name = 'latent upsampler' } = options;
  const { weights, config: beside } = await findPart('latent_upsampler', path);
  const checkpoint = await openCheckpoint(weights);
  const config = await configOf(checkpoint, beside, path);
  const blurs = config.rational && (config.spatial?.[1] ?? 1) > 1;
  const ignore = config.rational && !blurs ? [BLUR] : [];
  const chain = openChain(upsamplerChain(config, name), checkpoint, { ignore });
  const plan = ([...shape]: readonly number[], settings: ChainSettings): ChainPlan => {
    if (shape.length !== 4 || shape[0] !== config.channels) throw noLatents(name, shape, config);
    return planChain(chain, [1, ...shape], settings);
  };
  return {
    ...{ name, config, chain, plan },
    upsample: async (latents, { device, memoryBytes, adain, toneMap, ...run }) => {
      const planned = plan(latents.shape, { device, memoryBytes });
      const made = await runChain(planned, { ...latents, shape: planned.input }, run);
      return toned({ ...made, shape: made.shape.slice(1) }, latents, { adain, toneMap });
    },
  };
}

async function configOf(
  { metadata }: Checkpoint,
  beside: string | undefined,
  path: string,
): Promise<UpsamplerConfig> {
  if (metadata.config !== undefined) return upsamplerConfig(parsed(metadata.config), path, 'original');
  if (beside !== undefined) return upsamplerConfig(await readJson(beside), beside);
  throw new SkipstoneError({
    code: 'ltx-upsampler-config',
    what: `${path}: nothing says how this upsampler is made`,
    have: 'neither a config.json beside it nor a configuration in its metadata',
    need: 'one of them',
    do: 'download config.json from the same release, into the same folder',
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function noLatents(name: string, shape: readonly number[], { channels }: UpsamplerConfig): SkipstoneError {
  return new SkipstoneError({
    code: 'ltx-latents',
    what: `${name}: these are not latents it can make larger`,
    have: `[${shape.join(', ')}]`,
    need: `[${channels}, frames, height, width]`,
    do: 'give video latents without a batch axis',
  });
}
