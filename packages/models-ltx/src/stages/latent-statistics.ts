import {
  type Checkpoint,
  findPart,
  type LatentStatistics,
  openCheckpoint,
  readTensor,
  SkipstoneError,
} from '@skipstone/core';

/** Names of both: of an original release, of its autoencoder alone, of diffusers. */
const NAMES = [
  ['vae.per_channel_statistics.mean-of-means', 'vae.per_channel_statistics.std-of-means'],
  ['per_channel_statistics.mean-of-means', 'per_channel_statistics.std-of-means'],
  ['latents_mean', 'latents_std'],
] as const;

/** Reads them from an original release in one file, a pipeline's folder, or the autoencoder's folder or file. */
export async function latentStatistics(path: string, channels: number): Promise<LatentStatistics> {
  const { weights } = await findPart('vae', path);
  const checkpoint = await openCheckpoint(weights);
  const names = NAMES.find((pair) => pair.every((name) => checkpoint.tensors.has(name)));
  if (!names) throw missing(path);
  const [mean, spread] = [
    await read(checkpoint, names[0], channels),
    await read(checkpoint, names[1], channels),
  ];
  const wrong =
    [...mean, ...spread].some((value) => !Number.isFinite(value)) || spread.some((value) => value <= 0);
  if (wrong) throw unusable(path, 'numbers that are not finite, or spreads that are not above 0', channels);
  return { mean, spread };
}

async function read({ tensors }: Checkpoint, name: string, channels: number): Promise<Float32Array> {
  const entry = tensors.get(name);
  if (entry?.shape.join() !== String(channels)) {
    throw unusable(name, `[${entry?.shape.join(', ') ?? ''}]`, channels);
  }
  return (await readTensor(entry)).data as Float32Array;
}

function missing(path: string): SkipstoneError {
  return new SkipstoneError({
    code: 'ltx-statistics',
    what: `${path}: the mean and spread of its video latents are not there`,
    have: 'neither vae.per_channel_statistics nor latents_mean and latents_std',
    need: 'those of the video autoencoder, which latents are made larger with',
    do: "pass { statistics } (--statistics PATH) with the release's one file, or the folder or file of its vae",
  });
}

function unusable(path: string, have: string, channels: number): SkipstoneError {
  return new SkipstoneError({
    code: 'ltx-statistics',
    what: `${path}: this is not the mean and spread of the model's video latents`,
    have,
    need: `one number for each of ${channels} channels`,
    do: "take those of the model's own release",
  });
}
