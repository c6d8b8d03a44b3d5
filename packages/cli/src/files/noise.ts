import {
  assertFinite,
  type Grid,
  type HostTensor,
  noiseFromFile,
  type Streams,
  type VideoModel,
} from '@skipstone/core';

/** Latents to start from: the file's only tensor, or, for models of many streams, one named as each stream. */
export async function readNoise(path: string, model: VideoModel, grid: Grid): Promise<Streams<HostTensor>> {
  const shapes = Object.entries(model.latentShape(grid));
  const read = shapes.map(async ([stream, shape]) => {
    const name = shapes.length === 1 ? {} : { name: stream };
    const noise = await noiseFromFile(path, { shape, ...name });
    assertFinite(`--noise ${path}, ${stream}`, noise);
    return [stream, noise] as const;
  });
  return Object.fromEntries(await Promise.all(read));
}
