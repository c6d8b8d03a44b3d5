import { type Checkpoint, openPart, SkipstoneError } from '@skipstone/core';
import { ltxCodec } from './ltx/codec.js';
import type { VideoCodec } from './video-codec.js';
import { wanCodec } from './wan/codec.js';

/** Opens the video autoencoder of a pipeline's folder, its own folder or its file. Reads headers and configurations. */
export async function openVideoCodec(path: string): Promise<VideoCodec> {
  const { json, origin, checkpoint } = await openPart('vae', path, {
    code: 'codec-config',
    part: 'autoencoder',
    need: 'a video autoencoder',
  });
  return codecOf(json, origin, checkpoint);
}

/** The codec that a configuration describes, on its weights. */
export async function codecOf(json: unknown, origin: string, checkpoint: Checkpoint): Promise<VideoCodec> {
  const name = (json as { readonly _class_name?: unknown } | null)?._class_name;
  if (name === 'AutoencoderKLWan') return wanCodec(json, origin, checkpoint);
  if (name === 'AutoencoderKLLTX2Video') return ltxCodec(json, origin, checkpoint);
  throw new SkipstoneError({
    code: 'codec-config',
    what: `${origin}: this is not a video autoencoder that can be run`,
    have: `_class_name ${JSON.stringify(name)}`,
    need: 'AutoencoderKLWan or AutoencoderKLLTX2Video',
    do: 'name the vae folder of a model that Skipstone runs',
  });
}
