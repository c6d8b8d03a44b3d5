import { defaultFiles, findTensor, type HostTensor, openCheckpoint, readTensor } from '@skipstone/core';

/** A tensor of a golden folder's `io.safetensors`, the first axis, a batch of one, taken off. */
export async function recorded(folder: string, name: string): Promise<HostTensor> {
  const files = await defaultFiles(undefined);
  const io = await openCheckpoint(files.join(folder, 'io.safetensors'), { files });
  const { shape, ...rest } = await readTensor(findTensor(io, name));
  return { ...rest, shape: shape.slice(1) };
}
