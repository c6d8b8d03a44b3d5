import {
  assertFinite,
  firstFrames,
  type Given,
  type Grid,
  type HostTensor,
  nearestName,
  openCheckpoint,
  readTensor,
  SkipstoneError,
  type TensorEntry,
  type VideoModel,
} from '@skipstone/core';
import { withoutBatch } from './without-batch.js';

/** Files of what a run is given beside text. */
export interface GivenFiles {
  readonly firstFrames?: string;
  readonly imageLatents?: string;
}

/**
 * What a run is given: clean first frames to go on from, or an image in condition channels. `size`: what messages call
 * the size of its pictures, where that is not the one that was asked for.
 */
export async function readGiven(
  { firstFrames, imageLatents }: GivenFiles,
  model: VideoModel,
  grid: Grid,
  size = 'the size that is asked for',
): Promise<Given | undefined> {
  const frames = firstFrames === undefined ? {} : await readFirstFrames(firstFrames, model, grid, size);
  const image = imageLatents === undefined ? {} : await readImage(imageLatents, model, grid);
  return firstFrames === undefined && imageLatents === undefined ? undefined : { ...frames, ...image };
}

/** Streams whose first frames may be given. */
const pinnable = (model: VideoModel): readonly string[] =>
  Object.entries(model.phases[0]?.model.spec.streams ?? {})
    .filter(([, { pinned }]) => pinned)
    .map(([stream]) => stream);

/** True if a run of the model must be given an image. */
export const needsImage = ({ phases, fromImage }: VideoModel): boolean =>
  fromImage !== undefined &&
  Object.values(phases[0]?.model.spec.tableSpecs ?? {}).some(({ given }) => given === true);

/** Latents `[C, n, Y, X]`: the file's only tensor, or one named as each stream. */
async function readFirstFrames(path: string, model: VideoModel, grid: Grid, size: string): Promise<Given> {
  const option = `--first-frames ${path}`;
  const streams = pinnable(model);
  if (streams.length === 0) {
    const image = model.fromImage !== undefined;
    throw refused(`${option}: ${model.name} goes on from no frames`, {
      have: image
        ? 'a model that reads an image in condition channels'
        : 'a model that draws from text alone',
      need: 'a model of image or video to video whose first frames are kept',
      do: image ? 'pass --image-latents FILE instead' : 'leave --first-frames out',
    });
  }
  const entries = [...(await openCheckpoint(path)).tensors.values()];
  const clean: Record<string, HostTensor> = {};
  for (const entry of entries) {
    const [only] = entries.length === 1 ? streams : [];
    const stream = only ?? streams.find((name) => name === entry.name);
    if (stream === undefined) throw unknownStream(option, entry, streams);
    const whole = model.latentShape(grid)[stream] ?? [];
    const shape = withoutBatch(entry.shape, whole.length);
    const [most = 0, frames = 0] = [whole[1], shape[1]];
    const fits = shape.length === whole.length && shape.every((n, i) => i === 1 || n === whole[i]);
    if (!fits || frames < 1 || frames >= most) {
      const need = whole.map((n, i) => (i === 1 ? 'n' : n)).join(', ');
      throw refused(`${option}: these are not the first frames of this video`, {
        have: `${entry.name} [${entry.shape.join(', ')}]`,
        need: `[${need}], n from 1 to ${most - 1}`,
        do: most > 1 ? `encode frames of ${size}` : 'ask for more --frames',
      });
    }
    clean[stream] = await floats(option, entry, shape);
  }
  if (entries.length === 0) throw unknownStream(option, undefined, streams);
  return firstFrames(model, clean);
}

/** Latents `[C, T, Y, X]` of a video that begins with the image, with or without a mask in front. */
async function readImage(path: string, model: VideoModel, grid: Grid): Promise<Given> {
  const option = `--image-latents ${path}`;
  if (!model.fromImage) {
    throw refused(`${option}: ${model.name} reads no image in condition channels`, {
      have: 'a model without such channels',
      need: 'a model of image to video that has them, such as Wan2.1 and Wan2.2 A14B I2V',
      do: pinnable(model).length > 0 ? 'pass --first-frames FILE instead' : 'leave --image-latents out',
    });
  }
  const entries = [...(await openCheckpoint(path)).tensors.values()];
  const [entry] = entries;
  if (!entry || entries.length > 1) {
    throw refused(`${option}: it is not clear which tensor is the image`, {
      have: entries.map(({ name }) => name).join(', ') || 'no tensors',
      need: 'one tensor',
      do: 'save it alone',
    });
  }
  const shape = withoutBatch(entry.shape, 4);
  const { frames, height, width } = grid;
  if (shape.slice(1).join() !== [frames, height, width].join()) {
    throw refused(`${option}: this is no image of this video`, {
      have: `${entry.name} [${entry.shape.join(', ')}]`,
      need: `[C, ${frames}, ${height}, ${width}]: the image, then grey, as the codec has them`,
      do: 'encode a video of the size and length that are asked for',
    });
  }
  return model.fromImage(await floats(option, entry, shape));
}

async function floats(option: string, entry: TensorEntry, shape: readonly number[]): Promise<HostTensor> {
  const tensor = await readTensor(entry);
  if (tensor.type === 'float32') {
    assertFinite(`${option}, ${entry.name}`, tensor);
    return { ...tensor, shape };
  }
  const lines = { have: `${entry.name} of ${entry.dtype}`, need: 'F32, F16 or BF16' };
  throw refused(`${option}: its latents are not made of floats`, { ...lines, do: 'save them as float32' });
}

function unknownStream(option: string, entry: TensorEntry | undefined, streams: readonly string[]) {
  const nearest = nearestName(entry?.name ?? '', streams);
  return refused(`${option}: these are not first frames of this model`, {
    have: entry ? `a tensor ${entry.name}` : 'no tensors',
    need: `one tensor, or: ${streams.join(', ')}`,
    do: `leave it out, or rename it (${nearest}?)`,
  });
}

function refused(
  what: string,
  lines: { readonly have: string; readonly need: string; readonly do: string },
): SkipstoneError {
  return new SkipstoneError({ code: 'given-file', what, ...lines });
}
