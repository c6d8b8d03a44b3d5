import { readImage } from '@skipstone/codecs';
import {
  firstFrames,
  type Given,
  type Grid,
  type HostTensor,
  type VideoModel,
  type VideoSize,
} from '@skipstone/core';
import { type PreparedModel, pipelineOf } from '@skipstone/pipeline';

export interface ImageFiles {
  readonly image?: string;
  readonly lastImage?: string;
}

/** Encodes the pictures that a video begins and ends with; without any, the model as it is. */
export async function preparedModel(
  model: VideoModel,
  { image, lastImage }: ImageFiles,
  options: { readonly size: VideoSize; readonly seed: number; readonly signal: AbortSignal },
): Promise<Pick<PreparedModel, 'model' | 'given'>> {
  const pipeline = pipelineOf(model);
  if (image === undefined || !pipeline) return { model };
  const inputs = {
    image: await readImage(image),
    ...(lastImage !== undefined && { lastImage: await readImage(lastImage) }),
  };
  return pipeline.prepare(inputs, options);
}

/** What such a run will be given, as far as a plan sees it: its shapes. Loads nothing. */
export function plannedImage(model: VideoModel, { image }: ImageFiles, grid: Grid): Given | undefined {
  if (image === undefined) return undefined;
  const [channels = 0, frames = 0, ...sides] = model.latentShape(grid).video ?? [];
  const zeros = (count: number): HostTensor => ({
    ...{ type: 'float32', shape: [channels, count, ...sides] },
    data: new Float32Array(channels * count * sides.reduce((a, b) => a * b, 1)),
  });
  return model.fromImage?.(zeros(frames)) ?? firstFrames(model, { video: zeros(1) });
}
